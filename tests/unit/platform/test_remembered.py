"""What a process remembers: until its end, so many and not more, for many threads."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from solaris.platform.cache import Kept, Remembered


class Timer:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_told_until_its_end_and_not_at_it() -> None:
    timer = Timer()
    known: Remembered[str, int] = Remembered(10, timer)
    known.put("a", 1, 2.5)
    known.put("b", 2, 12.5, since=997.5)
    timer.now = 1002.4
    assert known.get("a") == Kept(1, 1002.5)
    timer.now = 1002.5
    assert known.get("a") is None
    assert known.get("b") == Kept(2, 1010)


def test_that_there_is_none_can_be_remembered_too() -> None:
    known: Remembered[str, None] = Remembered(10)
    assert known.get("a") is None
    known.put("a", None, 1e12)
    kept = known.get("a")
    assert kept is not None
    assert kept.value is None


def test_what_is_put_anew_stands_and_has_the_new_end_alone() -> None:
    timer = Timer()
    known: Remembered[str, int] = Remembered(10, timer)
    known.put("a", 1, 1)
    known.put("a", 2, 5)
    timer.now = 1002
    assert known.get("a") == Kept(2, 1005)
    known.put("a", 3, 2.5, since=999)  # asked for long ago: over before it is kept
    assert known.get("a") is None


def test_what_is_forgotten_is_gone_and_may_be_kept_again() -> None:
    known: Remembered[str, int] = Remembered(10)
    known.forget("a")
    known.put("a", 1, 1e12)
    known.forget("a")
    assert known.get("a") is None
    known.put("a", 2, 1e12)
    kept = known.get("a")
    assert kept is not None
    assert kept.value == 2


def test_of_too_many_those_go_that_were_not_used_for_longest() -> None:
    known: Remembered[str, int] = Remembered(2)
    known.put("used", 1, 1e12)
    known.put("idle", 2, 1e12)
    known.get("used")
    known.put("new", 3, 1e12)
    assert [known.get(one) is not None for one in ("used", "idle", "new")] == [True, False, True]


def test_what_is_over_takes_no_room_of_what_is_not() -> None:
    timer = Timer()
    known: Remembered[int, int] = Remembered(2, timer)
    known.put(0, 0, 1e12)
    known.put(1, 1, 1)
    timer.now = 1001
    known.put(2, 2, 1e12)
    assert known.get(0) is not None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "get", "forget", "wait"]), st.integers(0, 3), st.integers(0, 5)
        ),
        max_size=60,
    )
)
def test_it_tells_what_a_dictionary_with_ends_would(steps: list[tuple[str, int, int]]) -> None:
    timer = Timer()
    known: Remembered[int, int] = Remembered(4, timer)
    plain: dict[int, Kept[int]] = {}
    for count, (step, key, seconds) in enumerate(steps):
        if step == "put":
            known.put(key, count, seconds)
            plain[key] = Kept(count, timer.now + seconds)
        elif step == "forget":
            known.forget(key)
            plain.pop(key, None)
        elif step == "wait":
            timer.now += seconds
        expected = plain.get(key)
        assert known.get(key) == (expected if expected and timer.now < expected.until else None)


def test_many_threads_share_it() -> None:
    known: Remembered[int, int] = Remembered(50)

    def work(thread: int) -> bool:
        is_right = True
        for n in range(2_000):
            key = (n * 7 + thread) % 80
            known.put(key, key, 1e12 if n % 3 else 0)
            kept = known.get((key * 3) % 80)
            is_right &= kept is None or kept.value == (key * 3) % 80
            if n % 5 == 0:
                known.forget(key)
        return is_right

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
