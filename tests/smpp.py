"""SMPP 3.4 for the tests: the codec.

Written from the "Short Message Peer to Peer Protocol Specification v3.4"
(Issue 1.2, whose sections the comments name) and from 3GPP TS 23.038 and
23.040 for what is inside a short message; it shares nothing with the C code,
so that the two check each other.  The SMSC that speaks it is in smsc.py.
"""
import struct
import time

# PDUs.

RESP = 0x80000000                      # 5.1.2: a response has bit 31 set

COMMANDS = {                           # 5.1.2.1
    "generic_nack": 0x80000000, "bind_receiver": 0x01,
    "bind_transmitter": 0x02, "query_sm": 0x03, "submit_sm": 0x04,
    "deliver_sm": 0x05, "unbind": 0x06, "replace_sm": 0x07,
    "cancel_sm": 0x08, "bind_transceiver": 0x09, "outbind": 0x0B,
    "enquire_link": 0x15, "submit_multi": 0x21, "alert_notification": 0x102,
    "data_sm": 0x103,
}
COMMANDS |= {name + "_resp": code | RESP for name, code in COMMANDS.items()
             if name not in ("generic_nack", "outbind", "alert_notification")}
NAMES = {code: name for name, code in COMMANDS.items()}

ESME_ROK, ESME_RINVMSGLEN, ESME_RINVCMDLEN, ESME_RINVCMDID = 0, 1, 2, 3
ESME_RINVBNDSTS, ESME_RALYBND, ESME_RSYSERR = 4, 5, 8
ESME_RINVSRCADR, ESME_RINVDSTADR, ESME_RBINDFAIL = 0x0A, 0x0B, 0x0D
ESME_RINVPASWD, ESME_RMSGQFUL, ESME_RSUBMITFAIL = 0x0E, 0x14, 0x45
ESME_RTHROTTLED, ESME_RX_T_APPN, ESME_RX_P_APPN = 0x58, 0x64, 0x65

# Mandatory fields.  A bare name is an integer of one octet; NAME:MAX a
# C-Octet String of at most MAX octets with its NUL; NAME:* a length octet
# and that many octets.
_BIND = ("system_id:16 password:9 system_type:13 interface_version addr_ton "
         "addr_npi address_range:41")
_ROUTE = ("service_type:6 source_addr_ton source_addr_npi source_addr:21 "
          "dest_addr_ton dest_addr_npi destination_addr:21 esm_class ")
_SM = _ROUTE + ("protocol_id priority_flag schedule_delivery_time:17 "
                "validity_period:17 registered_delivery "
                "replace_if_present_flag data_coding sm_default_msg_id "
                "short_message:*")
FIELDS = {
    "bind_transmitter": _BIND, "bind_transmitter_resp": "system_id:16",  # 4.1
    "bind_receiver": _BIND, "bind_receiver_resp": "system_id:16",
    "bind_transceiver": _BIND, "bind_transceiver_resp": "system_id:16",
    "outbind": "system_id:16 password:9",                              # 4.1.7
    "unbind": "", "unbind_resp": "", "generic_nack": "",         # 4.2, 4.3
    "submit_sm": _SM, "submit_sm_resp": "message_id:65",               # 4.4
    "deliver_sm": _SM, "deliver_sm_resp": "message_id:65",             # 4.6
    "data_sm": _ROUTE.replace(":21", ":65") +                          # 4.7
    "registered_delivery data_coding", "data_sm_resp": "message_id:65",
    "enquire_link": "", "enquire_link_resp": "",                       # 4.11
    "alert_notification": "source_addr_ton source_addr_npi "           # 4.12
    "source_addr:65 esme_addr_ton esme_addr_npi esme_addr:65",
}
FIELDS = {name: [f.partition(":")[::2] for f in fields.split()]
          for name, fields in FIELDS.items()}

TLVS = {                               # 5.3.2: tag, octets if it is a number
    "receipted_message_id": (0x001E, 0), "user_message_reference": (0x0204, 2),
    "sar_msg_ref_num": (0x020C, 2), "sar_total_segments": (0x020E, 1),
    "sar_segment_seqnum": (0x020F, 1), "sc_interface_version": (0x0210, 1),
    "network_error_code": (0x0423, 0), "message_payload": (0x0424, 0),
    "more_messages_to_send": (0x0426, 1), "message_state": (0x0427, 1),
    "ussd_service_op": (0x0501, 1), "its_session_info": (0x1383, 2),
}
TLV_NAMES = {tag: name for name, (tag, _) in TLVS.items()}

MAX_PDU = 70000                        # more than that is no PDU


class BadPdu(Exception):
    """The octets are no PDU; .status is the error to answer (5.1.3)."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class Pdu:
    """One PDU: name, status, seq, fields (mandatory, by name: int, str, or
    bytes for short_message) and tlvs, a list of (name or tag, int or
    bytes)."""

    def __init__(self, name, seq=0, status=0, tlvs=(), **fields):
        self.name, self.seq, self.status = name, seq, status
        self.fields = fields
        self.tlvs = list(tlvs.items() if isinstance(tlvs, dict) else tlvs)

    def __getitem__(self, field):
        return self.fields[field]

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        shown = [f"status={self.status:#x}"] if self.status else []
        shown += [f"{k}={v!r}" for k, v in self.fields.items()
                  if v not in (0, "")]
        shown += [f"{k}={v!r}" for k, v in self.tlvs]
        return f"{self.name}#{self.seq}({', '.join(shown)})"

    def tlv(self, name, default=None):
        return next((v for k, v in self.tlvs if k == name), default)

    def encode(self):
        body = b"".join(_put(kind, self.fields.get(name))
                        for name, kind in self._layout())
        body += b"".join(_put_tlv(*tlv) for tlv in self.tlvs)
        return struct.pack(">IIII", 16 + len(body), COMMANDS[self.name],
                           self.status, self.seq) + body

    def _layout(self):
        """The fields to write.  A response given none is a header alone, as
        one that refuses may be (4.4.2)."""
        if self.name.endswith("_resp") and not self.fields:
            return []
        return FIELDS[self.name]


def _put(kind, value):
    if kind == "":
        return bytes([value or 0])
    if kind == "*":
        return bytes([len(value or b"")]) + (value or b"")
    return (value or "").encode("latin-1") + b"\0"


def _put_tlv(name, value):
    """5.3.1: tag, length, value."""
    tag, size = TLVS.get(name, (name, 0))
    if isinstance(value, int):
        value = value.to_bytes(size, "big")
    return struct.pack(">HH", tag, len(value)) + value


def decode(octets):
    """One whole PDU from its octets; raises BadPdu."""
    if len(octets) < 16:
        raise BadPdu(ESME_RINVCMDLEN, "shorter than a header")
    length, code, status, seq = struct.unpack(">IIII", octets[:16])
    if length != len(octets):
        raise BadPdu(ESME_RINVCMDLEN, f"command_length {length}, "
                     f"{len(octets)} octets")
    name = NAMES.get(code)
    if name not in FIELDS:
        raise BadPdu(ESME_RINVCMDID, f"command_id {code:#x}")
    pdu = Pdu(name, seq, status)
    at = 16
    if at < length or not name.endswith("_resp"):
        for field, kind in FIELDS[name]:
            pdu.fields[field], at = _take(octets, at, field, kind)
    while at < length:
        tlv, at = _take_tlv(octets, at)
        pdu.tlvs.append(tlv)
    return pdu


def _take(octets, at, field, kind):
    if kind in ("", "*") and at >= len(octets):
        raise BadPdu(ESME_RINVCMDLEN, f"{field} is missing")
    if kind == "":
        return octets[at], at + 1
    if kind == "*":
        end = at + 1 + octets[at]
        if end > len(octets):
            raise BadPdu(ESME_RINVMSGLEN, f"{field} reaches past the end")
        return octets[at + 1:end], end
    end = octets.find(b"\0", at, at + int(kind))
    if end < 0:
        raise BadPdu(ESME_RINVCMDLEN, f"{field} does not end")
    return octets[at:end].decode("latin-1"), end + 1


def _take_tlv(octets, at):
    if at + 4 > len(octets):
        raise BadPdu(ESME_RINVCMDLEN, "half a TLV at the end")
    tag, length = struct.unpack_from(">HH", octets, at)
    value = octets[at + 4:at + 4 + length]
    if len(value) != length:
        raise BadPdu(ESME_RINVCMDLEN, f"TLV {tag:#x} reaches past the end")
    name = TLV_NAMES.get(tag, tag)
    if TLVS.get(name, (0, 0))[1] == length:
        value = int.from_bytes(value, "big")
    return (name, value), at + 4 + length


# Texts inside short messages.

# 3GPP TS 23.038 6.2.1: the default alphabet, and after ESC its extension.
GSM7 = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
GSM7_EXT = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
            0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
_GSM7 = {c: bytes([i]) for i, c in enumerate(GSM7) if c != "\x1b"}
_GSM7 |= {c: bytes([0x1B, i]) for i, c in GSM7_EXT.items()}

UCS2, UDHI = 8, 0x40                   # data_coding 5.2.19, esm_class 5.2.12


def gsm7_encode(text):
    """Septets, one an octet; KeyError for what the alphabet lacks."""
    return b"".join(_GSM7[c] for c in text)


def gsm7_decode(octets):
    text, escaped = "", False
    for o in octets:
        if o > 0x7F:
            raise ValueError(f"octet {o:#x} is no septet")
        if escaped:
            # 6.2.1.1: what the extension lacks is shown from the default.
            text += GSM7_EXT.get(o, GSM7[o])
            escaped = False
        elif o == 0x1B:
            escaped = True
        else:
            text += GSM7[o]
    if escaped:
        raise ValueError("ends in an escape")
    return text


def text_encode(text, data_coding=None):
    """(octets, data_coding); without one, GSM-7 if it holds the text."""
    if data_coding is None:
        data_coding = 0 if all(c in _GSM7 for c in text) else UCS2
    if data_coding == UCS2:
        return text.encode("utf-16-be"), data_coding
    if data_coding in (1, 3):
        return text.encode("latin-1"), data_coding
    return gsm7_encode(text), data_coding


def text_decode(octets, data_coding, alphabet="gsm7"):
    """alphabet: what data_coding 0 means; gsm7, or a codec of Python's."""
    if data_coding == UCS2:
        return octets.decode("utf-16-be")
    if data_coding in (1, 3):
        return octets.decode("latin-1")
    if data_coding == 0:
        return gsm7_decode(octets) if alphabet == "gsm7" else \
            octets.decode(alphabet)
    raise ValueError(f"data_coding {data_coding:#x} in an answer")


def concat_udh(ref, total, seq, wide=True):
    """3GPP TS 23.040 9.2.3.24.1 and .8: user data header of one part, with a
    16-bit reference (wide) or one of 8 bits."""
    if wide:
        return struct.pack(">BBBHBB", 6, 0x08, 4, ref, total, seq)
    return struct.pack(">BBBBBB", 5, 0x00, 3, ref, total, seq)


class Part:
    """One submit_sm as a phone takes it: .text, .octets of user data and
    (.ref, .total, .seq) of its message; ValueError if a phone could not.
    alphabet: what data_coding 0 means to the SMSC, which must find each
    character in GSM-7 or has no way to send it on."""

    def __init__(self, pdu, alphabet="gsm7"):
        data = pdu["short_message"]
        payload = pdu.tlv("message_payload")
        if payload is not None:
            if data:
                raise ValueError("both short_message and message_payload")
            data = payload
        header = b""
        self.pdu, self.ref, self.total, self.seq = pdu, None, 1, 1
        if pdu["esm_class"] & UDHI:
            header, data = data[:data[0] + 1], data[data[0] + 1:]
            self._read_header(header)
        if pdu.tlv("sar_msg_ref_num") is not None:
            if header or payload is not None:
                raise ValueError("sar_ parameters and another way")
            self.ref = pdu.tlv("sar_msg_ref_num")
            self.total = pdu.tlv("sar_total_segments")
            self.seq = pdu.tlv("sar_segment_seqnum")
            # the SMSC makes a header of them
            header = concat_udh(self.ref, self.total, self.seq)
        if not 1 <= self.seq <= self.total:
            raise ValueError(f"part {self.seq} of {self.total}")
        self.text = text_decode(data, pdu["data_coding"], alphabet)
        # TS 23.040 9.2.3.24: header and text share 140 octets, or, packed,
        # 160 septets.
        self.octets = len(header) + len(data)
        if pdu["data_coding"] == 0:
            septets = (len(header) * 8 + 6) // 7 + len(gsm7_encode(self.text))
            packed = (septets * 7 + 7) // 8
            self.octets = packed if alphabet == "gsm7" else \
                max(packed, self.octets)
        if self.octets > 140 and payload is None:
            raise ValueError(f"{self.octets} octets in a short message")

    def _read_header(self, header):
        at = 1
        while at < len(header):
            kind, length = header[at], header[at + 1]
            value = header[at + 2:at + 2 + length]
            if len(value) != length:
                raise ValueError("user data header is cut off")
            if kind == 0x00 and length == 3:
                self.ref, self.total, self.seq = value
            elif kind == 0x08 and length == 4:
                self.ref, self.total, self.seq = struct.unpack(">HBB", value)
            at += 2 + length


class Message:
    """What a phone shows: .source, .number, .text, and its .parts."""

    def __init__(self, parts):
        pdu = parts[0].pdu
        self.parts = parts
        self.source, self.number = pdu["source_addr"], pdu["destination_addr"]
        self.text = "".join(p.text for p in parts)
        self.at = time.monotonic()


class Inbox:
    """Every phone's: .messages, in the order in which they became whole.  A
    part that comes again takes the place of the first, as in a phone."""

    def __init__(self):
        self.messages = []
        self._parts = {}

    def take(self, pdu, alphabet="gsm7"):
        """A submit_sm that was accepted; the Message that it makes whole, or
        None; as Part if no phone could show it."""
        part = Part(pdu, alphabet)
        key = (pdu["destination_addr"], pdu["source_addr"], part.ref,
               part.total)
        parts = self._parts.setdefault(key, {})
        parts[part.seq] = part
        if len(parts) < part.total:
            return None
        del self._parts[key]
        self.messages.append(Message([parts[i] for i in sorted(parts)]))
        return self.messages[-1]
