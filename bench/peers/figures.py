"""figures.py - what is made of measured seconds: min, median, spread, and ratios of rounds."""
import random
import statistics


def quartile(values, part):
    """Linear between the two nearest; part from 0 to 1."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values):
    """(third quartile - first quartile) / median."""
    return (quartile(values, 0.75) - quartile(values, 0.25)) / statistics.median(values)


def ratio(theirs, ours):
    """Median of the ratios of rounds, and the range that 95 % of bootstrap samples of the rounds lie in. Rounds are
    pairs: what slows the machine down for a while slows both."""
    ratios = [their / our for their, our in zip(theirs, ours)]
    dice = random.Random(1)
    drawn = sorted(statistics.median(dice.choices(ratios, k=len(ratios))) for _ in range(1000))
    return statistics.median(ratios), drawn[25], drawn[974]


def verdict(middle, low, high, noise, rounds):
    """What may be said of "anew is so many times faster". Above 5 % spread, or after fewer than five rounds, only a ratio
    counts that is far larger than the spread: one that lies more than three spreads from 1."""
    if low <= 1 <= high:
        return "no difference seen"
    if (noise > 0.05 or rounds < 5) and abs(middle - 1) <= 3 * max(noise, 0.05):
        return "too noisy to say"
    return "anew is faster" if middle > 1 else "anew is SLOWER"
