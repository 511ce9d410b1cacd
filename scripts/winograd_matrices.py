#!/usr/bin/env python3
"""Derives the matrices of Winograd convolutions from their interpolation points, exactly.

    winograd_matrices.py [--outputs 4] [--taps 3] [--points 0,1,-1,2,-2]   prints B^T, G and A^T
    winograd_matrices.py --header                            prints kernels/winograd_matrices.h
    winograd_matrices.py --check                             holds the C sources against the derivation

A convolution of `outputs` values with `taps` weights reads n = outputs + taps - 1 values. Turned round
(transposed) it is a product of two polynomials, which is known when its values at n points are: n
multiplications. For n - 1 points p and infinity, with M(x) the product of all (x - p):

    row p of B^T     the coefficients of M(x) / (x - p); of infinity: those of M(x)
    row p of G       (1, p, p^2 ...) divided by the value of M(x) / (x - p) at p; of infinity: (0 ... 0, 1)
    column p of A^T  (1, p, p^2 ...);                                             of infinity: (0 ... 0, 1)

All numbers are fractions, or fractions plus fractions times the square root of two; nothing is rounded.
"""
import argparse
import decimal
import os
import random
import re
import sys
from fractions import Fraction

KERNEL_POINTS = "0,r2/2,-r2/2,r2,-r2"  # r2 is the square root of two
LADDER_POINTS = "0,1,-1,2,-2"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Number:
    """a + b * sqrt(2), exactly."""

    def __init__(self, a, b=0):
        self.a, self.b = Fraction(a), Fraction(b)

    @staticmethod
    def of(value):
        return value if isinstance(value, Number) else Number(value)

    def __add__(self, other):
        other = Number.of(other)
        return Number(self.a + other.a, self.b + other.b)

    def __neg__(self):
        return Number(-self.a, -self.b)

    def __sub__(self, other):
        return self + -Number.of(other)

    def __mul__(self, other):
        if isinstance(other, Form):
            return other * self
        other = Number.of(other)
        return Number(self.a * other.a + 2 * self.b * other.b, self.a * other.b + self.b * other.a)

    def __truediv__(self, other):
        other = Number.of(other)
        norm = other.a * other.a - 2 * other.b * other.b
        return self * Number(other.a / norm, -other.b / norm)

    def __eq__(self, other):
        other = Number.of(other)
        return self.a == other.a and self.b == other.b

    __radd__, __rmul__ = __add__, __mul__

    def __str__(self):
        root = {1: "r2", -1: "-r2"}.get(self.b, f"{self.b}r2")
        if self.b == 0:
            return str(self.a)
        return root if self.a == 0 else f"{self.a}{'+' if self.b > 0 else ''}{root}"

    def digits(self):
        """To twenty decimals, more than a double holds."""
        if self.b == 0 and self.a.denominator == 1:
            return str(self.a)
        with decimal.localcontext() as context:
            context.prec = 60
            exact = (decimal.Decimal(self.a.numerator) / self.a.denominator
                     + decimal.Decimal(self.b.numerator) / self.b.denominator * decimal.Decimal(2).sqrt())
            return f"{exact:.20f}"


class Form:
    """A linear form in the values d[0], d[1] ...: what a line of C computes of them."""

    def __init__(self, factors):
        self.factors = list(factors)

    def __add__(self, other):
        return Form(x + y for x, y in zip(self.factors, other.factors))

    def __sub__(self, other):
        return Form(x - y for x, y in zip(self.factors, other.factors))

    def __mul__(self, number):
        return Form(x * number for x in self.factors)

    __rmul__ = __mul__


def point(text):
    match = re.fullmatch(r"(-?)(?:(r2)(?:/(\d+))?|(\d+(?:/\d+)?))", text.strip())
    if match is None:
        sys.exit(f"winograd_matrices: {text!r} is no point; write 1, -1/2, r2 or r2/2 (r2: square root of two)")
    sign = -1 if match[1] else 1
    return Number(0, Fraction(sign, int(match[3] or 1))) if match[2] else Number(sign * Fraction(match[4]))


def times(polynomial, factor):
    """Coefficients from the constant up."""
    product = [Number(0)] * (len(polynomial) + len(factor) - 1)
    for i, x in enumerate(polynomial):
        for k, y in enumerate(factor):
            product[i + k] = product[i + k] + x * y
    return product


def derive(points, outputs, taps):
    n = outputs + taps - 1
    if len(points) != n - 1 or any(p == q for i, p in enumerate(points) for q in points[:i]):
        sys.exit(f"winograd_matrices: F({outputs}, {taps}) needs {n - 1} different points")

    def powers(p, count):
        row = [Number(1)]
        while len(row) < count:
            row.append(row[-1] * p)
        return row

    def without(left_out):
        polynomial = [Number(1)]
        for i, p in enumerate(points):
            if i != left_out:
                polynomial = times(polynomial, [-p, Number(1)])
        return polynomial

    zeros = [Number(0)] * n
    bt = [without(i) + [Number(0)] for i in range(n - 1)] + [without(None)]
    g = []
    for i, p in enumerate(points):
        value = sum((c * x for c, x in zip(bt[i], powers(p, n))), Number(0))
        g.append([x / value for x in powers(p, taps)])
    g.append(zeros[:taps - 1] + [Number(1)])
    columns = [powers(p, outputs) for p in points] + [zeros[:outputs - 1] + [Number(1)]]
    return bt, g, [list(row) for row in zip(*columns)]


def product(a, b):
    return [[sum((x * y for x, y in zip(row, column)), Number(0)) for column in zip(*b)] for row in a]


def transpose(a):
    return [list(row) for row in zip(*a)]


def verify(bt, g, at):
    """Proves A^T [(G w) * (B^T d)] to be the convolution, for each pair of one d and one w alone, which is
    enough because both sides are linear in both; then tries a whole square tile."""
    n, outputs, taps = len(bt), len(at), len(g[0])
    for k in range(outputs):
        for i in range(n):
            for j in range(taps):
                got = sum((at[k][p] * g[p][j] * bt[p][i] for p in range(n)), Number(0))
                assert got == (1 if i == k + j else 0), f"output {k}, value {i}, weight {j}: {got}"
    chance = random.Random(1)
    d = [[Number(chance.randint(-9, 9)) for _ in range(n)] for _ in range(n)]
    w = [[Number(chance.randint(-9, 9)) for _ in range(taps)] for _ in range(taps)]
    left, right = product(product(g, w), transpose(g)), product(product(bt, d), transpose(bt))
    y = product(product(at, [[p * q for p, q in zip(*rows)] for rows in zip(left, right)]), transpose(at))
    for r in range(outputs):
        for c in range(outputs):
            assert y[r][c] == sum((d[r + i][c + j] * w[i][j] for i in range(taps) for j in range(taps)),
                                  Number(0)), f"square tile, output {r}, {c}"


def show(name, matrix):
    cells = [[str(x) for x in row] for row in matrix]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print(name)
    for row in cells:
        print("    " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def header(g):
    lines = ["/*",
             " * winograd_matrices.h - the matrix G of kernels/winograd.h, to more digits than a double holds.",
             " *",
             " * Printed by `scripts/winograd_matrices.py --header`, which derives it from the interpolation points;",
             " * the tests compare. Change the points there.",
             " */",
             "#ifndef ANEW_KERNELS_WINOGRAD_MATRICES_H",
             "#define ANEW_KERNELS_WINOGRAD_MATRICES_H",
             "",
             f"static const double anew_winograd_g[{len(g)}][{len(g[0])}] = {{"]
    lines += ["    {" + ", ".join(x.digits() for x in row) + "}," for row in g]
    return "\n".join(lines + ["};", "", "#endif", ""])


# ---- holding C sources against the matrices ----------------------------------------------------------


def source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def statements(path, function):
    """The function's body as Python: one assignment each."""
    match = re.search(r"\b%s\([^)]*\)\n\{\n(.*?)\n\}\n" % function, source(path), re.S)
    if match is None:
        sys.exit(f"{path}: there is no function {function}")
    for statement in match[1].split(";"):
        statement = re.sub(r"^(const )?vector ", "", " ".join(statement.split()))
        statement = re.sub(r"\bin\b", "d", statement)
        statement = re.sub(r"(\d+\.\d+)f", r"Number('\1')", statement)
        depth, part = 0, ""
        for letter in statement + ",":
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == "," and depth == 0:
                if part:
                    yield part.strip()
                part = ""
            else:
                part += letter


def check_function(path, function, result, matrix, constants):
    """Runs the function's lines on symbols instead of numbers: each result must be a row of the matrix."""
    count = len(matrix[0])
    values = dict(constants, Number=Number)
    values["d"] = values["m"] = [Form(Number(int(i == k)) for k in range(count)) for i in range(count)]
    values[result] = [None] * len(matrix)
    values.update(vector_repeat=lambda x: x, vector_add=lambda x, y: x + y, vector_sub=lambda x, y: x - y,
                  vector_mul=lambda x, y: x * y, vector_fma=lambda x, y, z: x * y + z)
    for statement in statements(path, function):
        exec(statement, values)  # pylint: disable=exec-used # our own source
    for row, (form, wanted) in enumerate(zip(values[result], matrix)):
        if form is None or any(x != y for x, y in zip(form.factors, wanted)):
            got = "nothing" if form is None else " ".join(map(str, form.factors))
            sys.exit(f"{path}: {function}, row {row} is {got}, not {' '.join(map(str, wanted))}")


def check():
    bt, g, at = derive([point(p) for p in KERNEL_POINTS.split(",")], 4, 3)
    verify(bt, g, at)
    if source("kernels/winograd_matrices.h") != header(g):
        sys.exit("kernels/winograd_matrices.h is not what `winograd_matrices.py --header` prints")
    constants = {"A": Number(0, Fraction(1, 2)), "B": Number(0, 1)}
    for name, value in constants.items():
        if not re.search(rf"#define ANEW_WINOGRAD_{name} {re.escape(value.digits())}\b",
                         source("kernels/winograd.h")):
            sys.exit(f"kernels/winograd.h: ANEW_WINOGRAD_{name} is not {value.digits()}")
    check_function("kernels/winograd_body.h", "transform_source", "out", bt, constants)
    check_function("kernels/winograd_body.h", "transform_product", "out", at, constants)

    bt, g, at = derive([point(p) for p in LADDER_POINTS.split(",")], 4, 3)
    verify(bt, g, at)
    ladder = "bench/ladder/rung4_winograd.c"
    check_function(ladder, "transform_in", "t", bt, {})
    check_function(ladder, "transform_out", "y", at, {})
    table = re.search(r"double G\[\w+\]\[3\] = \{(.*?)\};", source(ladder), re.S)[1]
    typed = [Fraction(x.replace(" ", "").replace(".0", "")) for x in re.findall(r"-?\d+(?:\.0 / \d+)?", table)]
    if [Number(x) for x in typed] != [x for row in g for x in row]:
        sys.exit(f"{ladder}: the table G is not that of the points {LADDER_POINTS}")
    print("the Winograd matrices of kernels/ and bench/ladder/ follow from their points")


def main():
    options = argparse.ArgumentParser(description="Winograd matrices from interpolation points.")
    options.add_argument("--outputs", type=int, default=4)
    options.add_argument("--taps", type=int, default=3)
    options.add_argument("--points", default=KERNEL_POINTS, help="r2 is the square root of two")
    options.add_argument("--header", action="store_true")
    options.add_argument("--check", action="store_true")
    given = options.parse_args()
    if given.check:
        check()
        return
    bt, g, at = derive([point(p) for p in given.points.split(",")], given.outputs, given.taps)
    verify(bt, g, at)
    if given.header:
        print(header(g), end="")
        return
    show("B^T", bt)
    show("G", g)
    show("A^T", at)
    print(f"verified: F({given.outputs}, {given.taps}) is the convolution, with {len(bt)} multiplications for "
          f"{given.outputs * given.taps}")


if __name__ == "__main__":
    main()
