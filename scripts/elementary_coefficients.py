#!/usr/bin/env python3
"""Derives the polynomials of kernels/elementary.h, and says how far each is from its function.

Each is the polynomial through the function's values at Chebyshev nodes of its interval (within a factor of
two of the best one of that degree), computed with 60 digits and rounded to f32. The degrees are chosen so
that the distance is well below the half unit in the last place that rounding costs anyway.

    python3 scripts/elementary_coefficients.py            prints the tables as they stand in elementary.h
    python3 scripts/elementary_coefficients.py --check F  exit code 1 unless file F holds them
"""
import struct
import sys
from decimal import Decimal, getcontext
from math import cos, pi

getcontext().prec = 60


def exp(x):
    return x.exp()


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def erf(x):
    """Its power series (Abramowitz and Stegun 7.1.5); 60 digits leave enough of them up to x = 4."""
    term, total, n = x, x, 0
    while abs(term) > Decimal(10) ** -58:
        n += 1
        term = -term * x * x / n
        total += term / (2 * n + 1)
    root_pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494").sqrt()
    return 2 * total / root_pi


def through(function, low, high, degree):
    """Coefficients, constant term first, of the polynomial through the values at Chebyshev nodes."""
    low, high = Decimal(low), Decimal(high)
    nodes = [(low + high) / 2 + (high - low) / 2 * Decimal(cos(pi * (k + 0.5) / (degree + 1)))
             for k in range(degree + 1)]
    table = [function(x) for x in nodes]  # Newton's divided differences
    for order in range(1, degree + 1):
        for k in range(degree, order - 1, -1):
            table[k] = (table[k] - table[k - 1]) / (nodes[k] - nodes[k - order])
    coefficients = [table[degree]]
    for k in range(degree - 1, -1, -1):  # multiply by (x - node), add
        shifted = [Decimal(0)] + coefficients
        for i, c in enumerate(coefficients):
            shifted[i] -= nodes[k] * c
        shifted[0] += table[k]
        coefficients = shifted
    return coefficients


def f32(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def literal(value):
    """A hexadecimal float of C, exact, without trailing zeros."""
    digits, exponent = f32(value).hex().split("p")
    return digits.rstrip("0").rstrip(".") + "p" + exponent + "f"


def farthest(polynomial, function, low, high):
    worst = Decimal(0)
    for i in range(1001):
        x = Decimal(low) + (Decimal(high) - Decimal(low)) * i / 1000
        value = Decimal(0)
        for c in reversed(polynomial):
            value = value * x + Decimal(f32(c))
        worst = max(worst, abs(value - function(x)))
    return worst


SMALLEST = Decimal("1e-9")  # in place of 0, where the quotients below have their limit
TABLES = [
    ("EXP", "exp(r) = 1 + r + r r P(r), |r| <= ln 2 / 2",
     lambda r: (exp(r or SMALLEST) - 1 - (r or SMALLEST)) / (r or SMALLEST) ** 2,
     "-0.34657359028", "0.34657359028", 5),
    ("TANH", "tanh(x) = x + x s P(s), s = x x, x <= 0.625",
     lambda s: (tanh((s or SMALLEST).sqrt()) / (s or SMALLEST).sqrt() - 1) / (s or SMALLEST),
     "0", "0.390625", 5),
    ("ERF", "erf(x) = x + x P(s), s = x x, x <= 1",
     lambda s: erf((s or SMALLEST).sqrt()) / (s or SMALLEST).sqrt() - 1, "0", "1", 7),
    ("ERFC", "erf(x) = 1 - exp(P(x)), 1 <= x <= 4", lambda x: (1 - erf(x)).ln(), "1", "4", 8),
]


def main():
    lines = []
    for name, meaning, function, low, high, degree in TABLES:
        polynomial = through(function, low, high, degree)
        distance = farthest(polynomial, function, low, high)
        lines.append(f"/* {meaning}; off by at most {float(distance):.1e}. */")
        lines.append(f"#define ANEW_{name} " + ", ".join(map(literal, polynomial)))
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        text = " ".join(open(sys.argv[2], encoding="utf-8").read().replace("\\\n", " ").split())
        missing = [line for line in lines if " ".join(line.split()) not in text]
        for line in missing:
            print("not in", sys.argv[2] + ":", line)
        sys.exit(1 if missing else 0)
    print("\n".join(lines))


main()
