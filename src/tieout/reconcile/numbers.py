"""How a text's digits stand to a number: the same serial, cut off, or mistyped. Pure."""

from __future__ import annotations

from rapidfuzz.distance import OSA

_LEAST, _CUT = 5, 3


def likeness(runs: tuple[str, ...], number: str, serial: str) -> str:
    """ "medium" where a run is the whole serial with its zeros, "similar" where one is the number
    or serial with one digit wrong, lost, doubled or swapped, or cut off at an end, "weak" where
    one is the serial without its zeros; else "none".

    `number` are all digits of a reference, `serial` its last run of them.
    """
    if len(serial) < 3:
        return "none"
    best = "none"
    short = serial.lstrip("0")
    for run in runs:
        if len(serial) >= _LEAST and run == serial:
            return "medium"
        if len(run) >= _LEAST and _is_similar(run, number, serial):
            best = "similar"
        elif best == "none" and len(short) >= 3 and run == short:
            best = "weak"
    return best


def _is_similar(run: str, number: str, serial: str) -> bool:
    if len(number) > len(serial):
        if len(run) >= max(_LEAST + 2, len(number) - _CUT) and number.startswith(run):
            return True
        if len(run) > len(serial) and number.endswith(run):
            return True
        if len(run) >= _LEAST + 2 and OSA.distance(run, number, score_cutoff=1) <= 1:
            return True
    return len(serial) > _LEAST and OSA.distance(run, serial, score_cutoff=1) <= 1
