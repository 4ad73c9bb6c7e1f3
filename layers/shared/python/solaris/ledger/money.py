"""Money as it is kept: whole micro-dollars and, beside them, nano-dollars. Pure.

1 USD = 1,000,000 micro-dollars = 1,000,000,000 nano-dollars. An answer of three tokens may cost
0.45 micro-dollars: the whole part alone would lose it. So records and counters keep two figures,
`cost_micros` and `cost_nanos`, each summed for itself (the second then passes 999), and what
something cost is `cost_micros` x 1000 + `cost_nanos`. Rows from before there were nano-dollars
have only the first, which is right: the second is 0.
"""

NANOS_IN_MICRO = 1_000
NANOS_IN_DOLLAR = 1_000_000_000


def total_nanos(micros: int, nanos: int) -> int:
    """The two figures as one, in nano-dollars."""
    return micros * NANOS_IN_MICRO + nanos


def rounded_micros(nanos: int) -> int:
    """Nano-dollars as micro-dollars, rounded half up."""
    return (nanos + NANOS_IN_MICRO // 2) // NANOS_IN_MICRO


def usd(nanos: int) -> float:
    """Nano-dollars as dollars, to nine decimals."""
    return round(nanos / NANOS_IN_DOLLAR, 9)
