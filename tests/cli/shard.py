#!/usr/bin/env python3
"""shard.py COUNT NAME...: the shard, from 1, that each name belongs to, a line each: the definition of docs/batch.md
written once more."""
import os
import sys

MASK = (1 << 64) - 1


def shard(name, count):
    value = 0xCBF29CE484222325
    for byte in os.fsencode(name):
        value = (value ^ byte) * 0x100000001B3 & MASK
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        value = (value ^ value >> 33) * factor & MASK
    return (value ^ value >> 33) % count + 1


for word in sys.argv[2:]:
    print(shard(word, int(sys.argv[1])), word)
