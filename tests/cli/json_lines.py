#!/usr/bin/env python3
"""json_lines.py NAME: every line of standard input is JSON that fits definition NAME of docs/json.schema.json,
and there is one. As much of JSON Schema as that file uses; a key that is not known here is an error."""
import json
import sys

TYPES = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}


def has_type(value, name):
    if name in ("number", "integer"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole or (name == "number" and isinstance(value, float))
    return isinstance(value, TYPES[name])


def faults(value, schema, root, where):
    """The first fault as a text, or None."""
    for key, want in schema.items():
        fault = None
        if key == "$ref":
            fault = faults(value, root["definitions"][want.split("/")[-1]], root, where)
        elif key == "const":
            fault = None if value == want else f"is {value!r}, not {want!r}"
        elif key == "enum":
            fault = None if value in want else f"is {value!r}, none of {want}"
        elif key == "type":
            names = want if isinstance(want, list) else [want]
            fault = None if any(has_type(value, n) for n in names) else f"is {value!r}, no {want}"
        elif key == "minimum":
            fault = None if value >= want else f"is {value}, below {want}"
        elif key == "maximum":
            fault = None if value <= want else f"is {value}, above {want}"
        elif key == "minItems":
            fault = None if len(value) >= want else f"has {len(value)} elements"
        elif key == "maxItems":
            fault = None if len(value) <= want else f"has {len(value)} elements"
        elif key == "required":
            missing = [name for name in want if name not in value]
            fault = f"lacks {missing}" if missing else None
        elif key == "additionalProperties":
            extra = [name for name in value if name not in schema.get("properties", {})]
            fault = f"has {extra} beyond the schema" if extra else None
        elif key == "properties":
            for name in want:
                if name in value and fault is None:
                    fault = faults(value[name], want[name], root, name)
        elif key == "items":
            for item in value:
                fault = fault or faults(item, want, root, "an element")
        elif key == "oneOf":
            all_faults = [faults(value, one, root, where) for one in want]
            fault = None if all_faults.count(None) == 1 else f"fits none: {all_faults}"
        else:
            fault = f"the schema has '{key}', which is not known here"
        if fault is not None:
            return f"{where} {fault}"
    return None


def main():
    with open("docs/json.schema.json", encoding="utf-8") as file:
        root = json.load(file)
    lines = sys.stdin.read().splitlines()
    if not lines:
        sys.exit("no line of JSON")
    for line in lines:
        fault = faults(json.loads(line), root["definitions"][sys.argv[1]], root, sys.argv[1])
        if fault is not None:
            sys.exit(f"{line[:200]}: {fault}")


main()
