"""A handset that dials, over the SMSC simulator: USSD as SMPP carries it.

    phone = Handset(smsc, "8613800000001")
    phone.dial("*10086*3#")                    status of deliver_sm_resp
    phone.turn()                               what is said: Turn, or None
    phone.reply("1234"); phone.abort()

An SMSC of another kind is a Profile of its own.
"""
import collections

from smpp import text_decode, text_encode

Profile = collections.namedtuple(
    "Profile", "begin ask reply end abort session",
    defaults=(1, 2, 18, 17, 0x81, "echo"))
Turn = collections.namedtuple("Turn", "what text info pdu link submit")


class Handset:
    """info is what its_session_info says next, None for nothing; alphabet what
    data_coding 0 means."""

    def __init__(self, smsc, number, info=0x0100, profile=Profile(),
                 dest="10086", alphabet="gsm7", link=None):
        self.smsc, self.number, self.info = smsc, number, info
        self.profile, self.dest = profile, dest
        self.alphabet, self.link = alphabet, link
        self.seen = len(self._turns())

    def send(self, op, text="", data_coding=None, **how):
        """One deliver_sm; its Request."""
        octets = text
        if isinstance(text, str):
            octets, data_coding = text_encode(text, data_coding)
        tlvs = {"ussd_service_op": op}
        if self.info is not None:
            tlvs["its_session_info"] = self.info
        return self.smsc.send(
            self.number, self.dest, octets, data_coding, tlvs=tlvs,
            link=self.link, **{"service_type": "USSD", **how})

    def dial(self, code, *how, **fields):
        return self.send(self.profile.begin, code, *how, **fields).wait()

    def reply(self, text, *how, **fields):
        return self.send(self.profile.reply, text, *how, **fields).wait()

    def abort(self):
        return self.send(self.profile.abort).wait()

    def _turns(self):
        with self.smsc.changed:
            return [s for s in self.smsc.submits
                    if s.pdu["destination_addr"] == self.number and
                    s.pdu.tlv("ussd_service_op") is not None]

    def turn(self, timeout=10):
        """The next that is said, or None."""
        if not self.smsc.wait(lambda: len(self._turns()) > self.seen,
                              timeout):
            return None
        submit = self._turns()[self.seen]
        self.seen += 1
        pdu = submit.pdu
        what = {self.profile.ask: "ask", self.profile.end: "end"}.get(
            pdu.tlv("ussd_service_op"), "?")
        text = text_decode(pdu["short_message"], pdu["data_coding"],
                           self.alphabet)
        return Turn(what, text, pdu.tlv("its_session_info"), pdu, submit.link,
                    submit)
