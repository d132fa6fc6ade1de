"""What `backsmith work` tells of an answer that is still streaming in."""

from workflows.writing import Writing


def heard(*pieces: tuple[float, str]) -> list[str]:
    """Return what is told of pieces that come in at these seconds."""
    lines: list[str] = []
    seconds = iter([0.0, *(at for at, _text in pieces)])
    writing = Writing("develop", lines.append, lambda: next(seconds))
    for _at, text in pieces:
        writing(text)
    return lines


def test_a_short_answer_is_not_told_of() -> None:
    assert heard((1.0, "a" * 50), (9.9, "b")) == []


def test_a_long_answer_is_told_of_every_ten_seconds() -> None:
    pieces = [(float(second), "x" * 100) for second in range(1, 26)]
    assert heard(*pieces) == [
        "develop: the answer has 1,000 characters so far",
        "develop: the answer has 2,000 characters so far",
    ]


def test_silence_is_not_told_of() -> None:
    assert heard((60.0, "")) == []
