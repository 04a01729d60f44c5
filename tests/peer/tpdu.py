"""The short message as the handset sees it: 3GPP TS 23.040 TPDUs.

Written from the specification, without a look at how the gateway does it, for
what they are compared with is what the gateway sent.
"""
from typing import NamedTuple

CONCAT_16BIT = 0x08  # TS 23.040 9.2.3.24.8
UCS2 = 0x08          # TP-DCS, TS 23.038 4
MAX_UD = 140         # octets of TP-UD that fit a TPDU


def semi_octets(digits):
    """Digits two to an octet, low half first, filled up with F."""
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16)
                 for i in range(0, len(digits), 2))


def digits(octets):
    return "".join(f"{o & 15:x}{o >> 4:x}" for o in octets)


def septets(text):
    """GSM 7-bit, packed; only what is the same in ASCII."""
    bits = 0
    for i, c in enumerate(text):
        assert c.isascii() and c.isalnum() or c in "#*+ ", c
        bits |= ord(c) << (7 * i)
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


def submit(reference, destination, text):
    """SMS-SUBMIT without a validity period: in the 7-bit alphabet where the
    text allows, else in UCS-2, as a handset chooses.  A number dialled with
    + is of type international, else of type unknown."""
    ton_npi = 0x91 if destination[0] == "+" else 0x81
    destination = destination.removeprefix("+")
    if text.isascii():
        dcs, length, data = 0, len(text), septets(text)
    else:
        data = text.encode("utf-16-be")
        dcs, length = UCS2, len(data)
    assert len(data) <= MAX_UD
    return (bytes([0x01, reference, len(destination), ton_npi])
            + semi_octets(destination)
            + bytes([0, dcs, length]) + data)


class Deliver(NamedTuple):
    """What an SMS-DELIVER says; `header` is {IEI: value}, None without
    TP-UDHI."""
    originator: str
    ton: int
    npi: int
    pid: int
    dcs: int
    header: dict
    octets: bytes
    text: str

    def part(self):
        """(reference, parts, number) of a concatenated message, else None."""
        if self.header and CONCAT_16BIT in self.header:
            v = self.header[CONCAT_16BIT]
            return (int.from_bytes(v[:2], "big"), v[2], v[3])
        return None


def information_elements(octets):
    found = {}
    while octets:
        iei, length = octets[0], octets[1]
        value = octets[2:2 + length]
        assert len(value) == length and iei not in found, octets.hex()
        found[iei] = value
        octets = octets[2 + length:]
    return found


def parse_deliver(tpdu):
    """SMS-DELIVER, TS 23.040 9.2.2.1:

    | MTI 0, UDHI 0x40 | OA: digits, TON/NPI, … | PID | DCS | SCTS 7 | UDL | UD
    """
    first, length = tpdu[0], tpdu[1]
    assert first & 3 == 0, f"not an SMS-DELIVER: {tpdu.hex()}"
    end = 3 + (length + 1) // 2
    ton, npi = tpdu[2] >> 4 & 7, tpdu[2] & 15
    originator = digits(tpdu[3:end])[:length]
    pid, dcs = tpdu[end], tpdu[end + 1]
    udl, ud = tpdu[end + 9], tpdu[end + 10:]
    header, text = None, None
    if first & 0x40:
        header = information_elements(ud[1:1 + ud[0]])
    if dcs == UCS2:
        assert udl == len(ud), f"TP-UDL {udl}, but {len(ud)} octets follow"
        skip = 1 + ud[0] if first & 0x40 else 0
        text = ud[skip:].decode("utf-16-be")
    return Deliver(originator, ton, npi, pid, dcs, header, ud, text)


def reassemble(delivers, repeats=False):
    """The whole messages among what has come, each a list of its parts in
    order; a message not yet whole is left out.  With `repeats` a part may
    come more than once, and counts once."""
    whole, parts = [], {}
    for d in delivers:
        if not d.part():
            whole.append([d])
            continue
        reference, count, number = d.part()
        have = parts.setdefault((d.originator, reference, count), {})
        assert 1 <= number <= count, f"part {number} of {count}"
        if number in have:
            assert repeats, f"part {number} of {count} came twice"
            assert have[number] == d, f"part {number} of {count} differs"
            continue
        have[number] = d
        if len(have) == count:
            whole.append([have[n] for n in sorted(have)])
    return whole
