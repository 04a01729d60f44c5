"""IPA, GSUP and USSD components for the tests: the codec.

    IPA frame      len16 proto payload              (all of GSUP is proto EE 05)
      GSUP         type, then tag length value      (manual of OsmoHLR, GSUP)
        facility   one component, BER               (3GPP TS 24.080 3.6, 4)
          USSD-Arg, USSD-Res: DCS, string           (TS 24.080 4.3; 23.038 5)

Written from those documents; it shares nothing with the C code, so that the
two check each other.  The HLR and the MSC that speak it are in hlr.py.
"""
import struct

from smpp import gsm7_decode, gsm7_encode

CCM, OSMO = 0xFE, 0xEE                 # IPA protocols
EXT_GSUP = 0x05                        # the first octet of what OSMO carries

# CCM messages, and the tags of an identity.
PING, PONG, ID_GET, ID_RESP, ID_ACK, ID_NACK = 0, 1, 4, 5, 6, 7
SERIAL, UNIT_NAME, UNIT_ID = 0x00, 0x01, 0x08
ALL_TAGS = (8, 7, 2, 3, 4, 5, 1, 0)    # what osmo-hlr asks for

TYPES = {"proc_ss_request": 0x20, "proc_ss_error": 0x21,
         "proc_ss_result": 0x22, "insert_data_request": 0x10,
         "check_imei_request": 0x30, "routing_error": 0x4E}
TYPE_NAMES = {code: name for name, code in TYPES.items()}
STATES = {"begin": 1, "continue": 2, "end": 3}
STATE_NAMES = {code: name for name, code in STATES.items()}
IMSI, CAUSE, MESSAGE_CLASS = 0x01, 0x02, 0x0A
SESSION_ID, SESSION_STATE, FACILITY = 0x30, 0x31, 0x35
SOURCE_NAME, DESTINATION_NAME = 0x60, 0x61
CLASS_USSD = b"\x03"

# TS 24.080 3.6.1: components; 4.5: operations.
COMPONENTS = {"invoke": 0xA1, "result": 0xA2, "error": 0xA3, "reject": 0xA4}
COMPONENT_NAMES = {code: name for name, code in COMPONENTS.items()}
PROCESS_DATA, PROCESS_REQUEST, REQUEST, NOTIFY = 19, 59, 60, 61
GSM7, UCS2, EIGHT_BIT = 0x0F, 0x48, 0x44


class Bad(Exception):
    """The octets are not what they should be."""


# IPA.

def frame(payload, proto=OSMO, length=None):
    """One frame; GSUP unless told otherwise."""
    if proto == OSMO:
        payload = bytes([EXT_GSUP]) + payload
    return struct.pack(">HB", len(payload) if length is None else length,
                       proto) + payload


def take_frame(octets):
    """(proto, payload, rest), or None while it is not whole."""
    if len(octets) < 3:
        return None
    length, proto = struct.unpack_from(">HB", octets)
    if len(octets) < 3 + length:
        return None
    return proto, octets[3:3 + length], octets[3 + length:]


def id_get(tags=ALL_TAGS):
    return frame(bytes([ID_GET]) + b"".join(bytes([1, t]) for t in tags), CCM)


def id_resp(identity):
    """identity: {tag: str}; each goes with its NUL."""
    out = b""
    for tag, text in identity.items():
        value = text.encode() + b"\0"
        out += struct.pack(">HB", len(value) + 1, tag) + value
    return frame(bytes([ID_RESP]) + out, CCM)


def read_id_resp(payload):
    """{tag: str} of the payload of an ID_RESP."""
    found, at = {}, 1
    while at < len(payload):
        if at + 3 > len(payload):
            raise Bad("half a tag in an identity")
        length, tag = struct.unpack_from(">HB", payload, at)
        value = payload[at + 3:at + 2 + length]
        if length < 2 or len(value) != length - 1 or value[-1:] != b"\0":
            raise Bad(f"tag {tag:#x} of an identity: {payload.hex(' ')}")
        found[tag] = value[:-1].decode()
        at += 2 + length
    return found


# GSUP.

def bcd(digits):
    """TS 24.008 10.5.4.7: the low half first, F where one is missing."""
    digits += "f" * (len(digits) % 2)
    return bytes(int(b + a, 16) for a, b in zip(digits[::2], digits[1::2]))


def read_bcd(octets):
    digits = "".join(f"{o & 15:x}{o >> 4:x}" for o in octets)
    return digits[:-1] if digits.endswith("f") else digits


def tlv(tag, value):
    if len(value) > 255:
        raise ValueError(f"IE {tag:#x} of {len(value)} octets")
    return bytes([tag, len(value)]) + value


class Gsup:
    """One message: name, imsi, session (a number), state ("begin"…),
    facility (octets), and ies, the (tag, octets) of all others."""

    def __init__(self, name, imsi, session=None, state=None, facility=b"",
                 ies=()):
        self.name, self.imsi, self.session = name, imsi, session
        self.state, self.facility, self.ies = state, facility, list(ies)

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"{self.name}({self.imsi} {self.session} {self.state} " \
            f"{self.facility.hex(' ')} {self.ies})"

    def encode(self):
        out = bytes([TYPES.get(self.name, self.name)])
        out += tlv(IMSI, bcd(self.imsi))
        if self.session is not None:
            out += tlv(SESSION_ID, struct.pack(">I", self.session))
        if self.state is not None:
            out += tlv(SESSION_STATE,
                       bytes([STATES.get(self.state, self.state)]))
        if self.facility:
            out += tlv(FACILITY, self.facility)
        return out + b"".join(tlv(*ie) for ie in self.ies)

    def component(self):
        """The one that it carries, None without a facility."""
        return read_component(self.facility) if self.facility else None


def read_gsup(octets):
    """A message from its octets; raises Bad."""
    if not octets:
        raise Bad("a message of no octets")
    m = Gsup(TYPE_NAMES.get(octets[0], octets[0]), None)
    at = 1
    while at < len(octets):
        tag, value, at = read_tlv(octets, at)
        if tag == IMSI:
            m.imsi = read_bcd(value)
        elif tag == SESSION_ID:
            m.session = int.from_bytes(value, "big")
        elif tag == SESSION_STATE:
            m.state = STATE_NAMES[value[0]]
        elif tag == FACILITY:
            m.facility = value
        else:
            m.ies.append((tag, value))
    if m.imsi is None:
        raise Bad("no IMSI")
    return m


def read_tlv(octets, at):
    if at + 2 > len(octets) or at + 2 + octets[at + 1] > len(octets):
        raise Bad(f"an IE reaches past the end: {octets.hex(' ')}")
    end = at + 2 + octets[at + 1]
    return octets[at], octets[at + 2:end], end


# Components.

def ber(tag, value, form=None):
    """form: how many octets the length takes behind the first, for the long
    form; the least unless told."""
    n = len(value)
    if form is None:
        form = 0 if n < 128 else 1 if n < 256 else 2
    length = bytes([n]) if not form else \
        bytes([0x80 | form]) + n.to_bytes(form, "big")
    return bytes([tag]) + length + value


def read_ber(octets, at=0):
    """(tag, value, where it ends); short or long form."""
    if at + 2 > len(octets):
        raise Bad(f"no tag and length at {at}: {octets.hex(' ')}")
    tag, length, at = octets[at], octets[at + 1], at + 2
    if length == 0x80:
        raise Bad(f"the indefinite form: {octets.hex(' ')}")
    if length > 0x80:
        form = length & 0x7F
        length, at = int.from_bytes(octets[at:at + form], "big"), at + form
    if at + length > len(octets):
        raise Bad(f"a length beyond the end: {octets.hex(' ')}")
    return tag, octets[at:at + length], at + length


class Component:
    """kind ("invoke", "result", "error", "reject"), id, operation (None for
    none), dcs and string (None for none); code of an error."""

    def __init__(self, kind, id, operation=None, dcs=None, string=None,
                 code=None):
        self.kind, self.id, self.operation = kind, id, operation
        self.dcs, self.string, self.code = dcs, string, code

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        text = "" if self.dcs is None else f" {self.dcs:#x} {self.text!r}"
        return f"{self.kind}#{self.id}({self.operation}{text})"

    @property
    def text(self):
        return None if self.string is None else \
            ussd_decode(self.string, self.dcs)

    def encode(self, form=None, extra=b""):
        """form: of every length (ber); extra: at the end of USSD-Arg."""
        body = ber(2, bytes([self.id]))
        inner = b""
        if self.operation is not None:
            inner = ber(2, bytes([self.operation]))
        if self.string is not None:
            inner += ber(0x30, ber(4, bytes([self.dcs]), form) +
                         ber(4, self.string, form) + extra, form)
        if self.kind == "result" and inner:
            inner = ber(0x30, inner, form)
        if self.kind == "error":
            inner = ber(2, bytes([self.code]))
        if self.kind == "reject":          # InvokeProblem, unrecognised
            inner = ber(0x81, b"\1")
        return ber(COMPONENTS[self.kind], body + inner, form)


def ussd(kind, id, operation, text, dcs=GSM7):
    return Component(kind, id, operation, dcs, ussd_encode(text, dcs))


def read_component(octets):
    tag, body, end = read_ber(octets)
    if end != len(octets):
        raise Bad(f"octets behind the component: {octets.hex(' ')}")
    tag2, value, at = read_ber(body)
    if tag not in COMPONENT_NAMES or tag2 != 2:
        raise Bad(f"no component: {octets.hex(' ')}")
    c = Component(COMPONENT_NAMES[tag], value[0])
    if c.kind == "result" and at < len(body):
        _, body, _ = read_ber(body, at)
        at = 0
    if c.kind in ("invoke", "result") and at < len(body):
        _, value, at = read_ber(body, at)
        c.operation = value[0]
    if c.kind == "error":
        c.code = read_ber(body, at)[1][0]
    elif c.kind != "reject" and at < len(body):
        _, arg, _ = read_ber(body, at)
        _, dcs, at = read_ber(arg)
        _, c.string, _ = read_ber(arg, at)
        c.dcs = dcs[0]
    return c


# USSD strings.

def pack(septets):
    """TS 23.038 6.1.2.3.1: low bits first; a CR where seven bits would be
    left over, and one more where the text's own CR ends an octet."""
    if len(septets) % 8 == 7 or (septets and len(septets) % 8 == 0 and
                                 septets[-1] == 13):
        septets += b"\r"
    bits = sum(s << (7 * i) for i, s in enumerate(septets))
    return bits.to_bytes((len(septets) * 7 + 7) // 8, "little")


def unpack(octets):
    bits = int.from_bytes(octets, "little")
    septets = bytes(bits >> (7 * i) & 127 for i in range(len(octets) * 8 // 7))
    if len(octets) % 7 == 0 and septets[-1:] == b"\r":
        septets = septets[:-1]
    return septets


def kind_of(dcs):
    """TS 23.038 5: "gsm7", "8bit", "ucs2" or None for what is no plain
    text."""
    group = dcs >> 4
    if dcs == 0x11:
        return "ucs2"
    if group in (4, 5):
        return ("gsm7", "8bit", "ucs2", "gsm7")[dcs >> 2 & 3]
    if group == 15:
        return "8bit" if dcs & 4 else "gsm7"
    return None if group in (6, 7, 9, 13, 14) else "gsm7"


def ussd_encode(text, dcs=GSM7):
    kind = kind_of(dcs)
    if kind == "ucs2":
        language = pack(b"zh") if dcs == 0x11 else b""
        return language + text.encode("utf-16-be")
    if kind == "8bit":
        return text.encode("latin-1")
    return pack((b"zh\r" if dcs == 0x10 else b"") + gsm7_encode(text))


def ussd_decode(octets, dcs):
    kind = kind_of(dcs)
    if kind == "ucs2":
        return octets[2 if dcs == 0x11 else 0:].decode("utf-16-be")
    if kind == "8bit":
        return octets.decode("latin-1")
    if kind is None:
        raise Bad(f"DCS {dcs:#x} in an answer")
    return gsm7_decode(unpack(octets)[3 if dcs == 0x10 else 0:])
