"""A conversation by SMS, drawn for a terminal: what the phone sends stands to
the right, what it gets to the left."""
import unicodedata

WIDTH = 72                             # columns of the whole screen
BUBBLE = 48                            # columns of text in a bubble
CLOSING = "，。、：；！？）》」』”’,.:;!?)"  # never begins a line


def width(text):
    """Columns on a terminal: East Asian wide characters take two (UAX #11),
    combining ones none."""
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def pieces(text):
    """What a line may be broken into: words with the space after them, wide
    characters each with the closing mark after it."""
    piece = ""
    for c in text:
        glued = c in CLOSING or (
            not piece.endswith(" ") and width(c) == 1 and
            (piece[-1:] and width(piece[-1]) == 1)) or c == " "
        if piece and not glued:
            yield piece
            piece = ""
        piece += c
    if piece:
        yield piece


def wrap(text, columns=BUBBLE):
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in pieces(paragraph):
            if line and width((line + piece).rstrip()) > columns:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return lines


def bubble(text, right=False):
    """The lines of one bubble."""
    lines = wrap(text)
    inner = max(width(line) for line in lines)
    drawn = ["╭" + "─" * (inner + 2) + "╮"]
    drawn += [f"│ {line}{' ' * (inner - width(line))} │" for line in lines]
    drawn += ["╰" + "─" * (inner + 2) + "╯"]
    if right:
        drawn = [" " * max(WIDTH - inner - 4, 0) + line for line in drawn]
    return "\n".join(drawn)


def footnote(message, seconds):
    """How an answer travelled: segments, their lengths, the time it took."""
    lengths = [len(p.text.encode("utf-16-be")) // 2 for p in message.parts]
    count = f"{len(lengths)} segment{'s' * (len(lengths) > 1)}"
    kind = "UCS-2" if message.parts[0].pdu["data_coding"] == 8 else "GSM-7"
    return (f"  {message.source} · {count}, "
            f"{' + '.join(map(str, lengths))} characters {kind} · "
            f"{seconds * 1000:.0f} ms")


def heading(text):
    return f"── {text} " + "─" * max(WIDTH - 4 - width(text), 0)


def indented(text, by=3):
    return "\n".join(" " * by + line for line in wrap(text, WIDTH - by))
