"""What a real SMSC and the way to it do to a gateway, and what must come of
it: the same for every peer.

A peer has
  wait(condition, timeout)   until condition() is true; its last value
  send(number, text, code=)  a subscriber texts the code; a Sent, whose
                             .status is None, or 0 once the SMSC has it
                             acknowledged, or what became of it instead
  send_all(numbers, text)    so many at once; each is acknowledged in the end
  again(sent, cut=False)     what was not acknowledged comes again: from the
                             SMSC, or from the subscriber, who sees it failed;
                             `cut` says that it was by a cut
  texts(number)              the whole texts that this phone has received
Between it and the gateway stands a Proxy.
"""
import itertools
import json

import tap
import trips
from smpp import ESME_RTHROTTLED, Part
from trips import LONG_TRIP, LONGEST_TRIP, SHORT_TRIP

DIGITS, QUERY = "1234", "CXMYD#1234"
# Long enough for a loaded machine, for what is unanswered is sent again.
OPTIONS = {"ack_after": 1, "response_timeout": 3}
# A code whose service asks for receipts, so that they come nowhere else.
RECEIPTS = "10010"

(ONE, TWO, THREE, THROTTLED, UNANSWERED, MEMORY, CUT, OWED, KEPT, TWICE,
 RECEIPTED) = (f"86138000010{n:02}" for n in range(11))
TRIPS = {ONE: SHORT_TRIP, TWO: LONG_TRIP, THREE: LONGEST_TRIP,
         THROTTLED: LONGEST_TRIP, UNANSWERED: LONG_TRIP, MEMORY: SHORT_TRIP,
         CUT: SHORT_TRIP, OWED: LONGEST_TRIP, KEPT: LONGEST_TRIP,
         TWICE: SHORT_TRIP, RECEIPTED: LONGEST_TRIP}
# Two hundred who have each been somewhere else.
CROWD = {f"86139{n:08}": list(pair) for n, pair in
         enumerate(itertools.islice(itertools.permutations(LONG_TRIP, 2),
                                    200))}


def build(port, **options):
    """The site, linked to the proxy on a port."""
    site = trips.site(port, **OPTIONS, **options)
    for number, trip in {**TRIPS, **CROWD}.items():
        site.subscriber(number, DIGITS)
        trips.travel(site, number, trip)
    site.services["receipts"] = {**site.services["cmcc-sms"],
                                 "code": [RECEIPTS], "receipts": True}
    site.build()
    return site


def of(number):
    """Is a PDU about this phone?"""
    return lambda pdu: number in (pdu["source_addr"],
                                  pdu["destination_addr"])


def segment(number, seq):
    """Is a submit_sm this segment of what goes to this phone?"""
    return lambda pdu: pdu["destination_addr"] == number and \
        Part(pdu).seq == seq


class Faults:
    def __init__(self, site, proxy, peer):
        self.site, self.proxy, self.peer = site, proxy, peer
        self.expected = {}             # all that each phone is to get

    def ok(self, condition, name):
        log = tap.log_text("smsc-gw.log")[-1500:]
        return tap.ok(condition, name, log)

    # Looking.

    def binds(self):
        """How often the gateway has been taken in."""
        return [p.status for p in
                self.proxy.seen("bind_transceiver_resp", "passed")].count(0)

    def comes_back(self, binds, name):
        self.ok(self.peer.wait(lambda: self.binds() > binds, 20),
                f"{name}: the gateway comes back by itself")

    def segments(self, number, *fates):
        """The numbers of the segments to a phone, as they were sent."""
        return [Part(p).seq for p in self.proxy.seen("submit_sm", *fates)
                if p["destination_addr"] == number]

    def acknowledged(self, sent, name):
        self.peer.wait(lambda: sent.status is not None)
        tap.equal(sent.status, 0, f"{name}: acknowledged")

    def texts(self, number):
        """What a phone got, but for the codes."""
        return [trips.coded(text) for text in self.peer.texts(number)]

    def told(self, number, name):
        """One more time the answer to the trip comes, whole."""
        texts = self.expected.setdefault(number, [])
        texts.append(trips.answer("ok", {**TRIPS, **CROWD}[number]))
        self.peer.wait(lambda: len(self.peer.texts(number)) >= len(texts), 30)
        tap.equal(self.texts(number), texts, f"{name}: the whole answer")

    def asks(self, number, name):
        self.acknowledged(self.peer.send(number, QUERY), name)
        self.told(number, name)

    # Nothing goes wrong.

    def lengths(self):
        for number, count in ((ONE, 1), (TWO, 2), (THREE, 3)):
            name = f"segments: {count}"
            self.asks(number, name)
            tap.equal(sorted(self.segments(number)),
                      list(range(1, count + 1)), f"{name}, each sent once")

    def crowd(self, at_once, glue):
        """All at once; the proxy holds them back so long, and `at_once` at
        the least go on as one."""
        self.proxy.glued, self.proxy.glue = [0, 0], glue
        sent = self.peer.send_all(list(CROWD), QUERY)
        self.proxy.glue = 0
        tap.equal({s.status for s in sent}, {0},
                  f"{len(CROWD)} at once: all acknowledged")
        want = {n: [trips.answer("ok", trip)] for n, trip in CROWD.items()}
        self.expected |= want
        self.peer.wait(lambda: all(self.peer.texts(n) for n in CROWD), 60)
        wrong = {n: t for n in CROWD if (t := self.texts(n)) != want[n]}
        tap.equal(wrong, {}, "everyone gets their own answer, once")
        tap.ok(self.proxy.glued[0] >= at_once,
               f"{at_once} PDUs and more at once", self.proxy.glued)

    def octet_by_octet(self):
        self.proxy.octets = True
        before = len(self.segments(THREE))
        self.asks(THREE, "octet by octet")
        self.proxy.octets = False
        tap.equal(sorted(self.segments(THREE)[before:]), [1, 2, 3],
                  "octet by octet: each segment sent once")

    def receipts_asked(self):
        """An answer in three segments, for each of which a receipt is asked
        for, as for nothing before."""
        asked = [p for p in self.proxy.seen("submit_sm")
                 if p["registered_delivery"]]
        tap.equal(asked, [], "no receipt is asked for")
        self.acknowledged(self.peer.send(RECEIPTED, QUERY, RECEIPTS),
                          "with receipts")
        self.told(RECEIPTED, "with receipts")
        tap.equal([p["registered_delivery"] for p in
                   self.proxy.seen("submit_sm")
                   if p["destination_addr"] == RECEIPTED], [1] * 3,
                  "with receipts: asked for each segment")

    # Something does.

    def throttled(self, throttle):
        """`throttle` is a context in which the SMSC, or the proxy for it,
        throttles; it gives a function that tells how often it has."""
        with throttle() as count:
            self.acknowledged(self.peer.send(THROTTLED, QUERY), "throttled")
            self.ok(self.peer.wait(lambda: count() >= 6, 20),
                    "throttled: sent again, with pauses")
            tap.equal(self.peer.texts(THROTTLED), [],
                      "throttled: nothing comes")
        self.told(THROTTLED, "the throttle is lifted")
        tap.equal(len(self.segments(THROTTLED)) - count(), 3,
                  "the throttle is lifted: each segment once")

    def submit_sm_resp_lost(self):
        lost = self.proxy.lose("submit_sm_resp",
                               where=of(UNANSWERED))
        self.acknowledged(self.peer.send(UNANSWERED, QUERY),
                          "submit_sm_resp lost")
        self.told(UNANSWERED, "submit_sm_resp lost")
        self.ok(self.peer.wait(
            lambda: len(self.segments(UNANSWERED)) > 2, 10) and lost.hits,
            "submit_sm_resp lost: the segment is sent again")
        tap.ok(sorted(self.segments(UNANSWERED)) in ([1, 1, 2], [1, 2, 2]),
               "alone", self.segments(UNANSWERED))

    def deliver_sm_resp_lost(self):
        """Delivered again it is answered from memory, though the store says
        something else by then."""
        name = "deliver_sm_resp lost"
        lost = self.proxy.lose("deliver_sm_resp", where=of(MEMORY))
        sent = self.peer.send(MEMORY, QUERY)
        self.told(MEMORY, name)
        self.ok(self.peer.wait(lambda: lost.hits), f"{name}: it was sent")
        self.site.records = []
        trips.travel(self.site, MEMORY, ["拉萨"], before=4)
        self.site.write()
        self.site.load("records", "records.csv")
        p = self.site.travelcard("lookup", "--json", MEMORY)
        tap.equal(json.loads(p.stdout)[MEMORY][0], trips.regions()["拉萨"],
                  f"{name}: meanwhile the store says more")
        self.peer.again(sent)
        self.acknowledged(sent, f"{name}, delivered again")
        self.told(MEMORY, f"{name}, delivered again, from memory")

    def delivered_twice(self):
        """Again before it is answered: there is one answer."""
        name = "delivered twice"
        throttle = self.proxy.answer("submit_sm", ESME_RTHROTTLED,
                                     where=of(TWICE))
        sent = self.peer.send(TWICE, QUERY)
        self.ok(self.peer.wait(lambda: throttle.hits),
                f"{name}: an answer is on its way")
        self.peer.again(sent)
        self.acknowledged(sent, name)
        throttle.end()
        self.told(TWICE, name)

    def deliver_sm_cut(self):
        name, binds = "cut in a deliver_sm", self.binds()
        cut = self.proxy.cut("deliver_sm", 40, of(CUT))
        sent = self.peer.send(CUT, QUERY)
        self.ok(self.peer.wait(lambda: cut.hits), f"{name}: it is cut")
        self.comes_back(binds, name)
        self.peer.again(sent, cut=True)
        self.acknowledged(sent, f"{name}, delivered again")
        self.told(CUT, f"{name}, delivered again")

    def submit_sm_cut(self):
        """Before its deliver_sm was acknowledged: that comes again."""
        name, binds = "cut in a submit_sm", self.binds()
        cut = self.proxy.cut("submit_sm", 60, segment(OWED, 2))
        sent = self.peer.send(OWED, QUERY)
        self.ok(self.peer.wait(lambda: cut.hits), f"{name}: it is cut")
        tap.ok(sent.status != 0, f"{name}: not acknowledged")
        self.comes_back(binds, name)
        self.peer.again(sent, cut=True)
        self.acknowledged(sent, f"{name}, delivered again")
        self.told(OWED, f"{name}, delivered again")

    def kept_submit_sm_cut(self):
        """After: it is the gateway's."""
        name, binds = "cut in a submit_sm of a kept answer", self.binds()
        throttle = self.proxy.answer("submit_sm", ESME_RTHROTTLED,
                                     where=segment(KEPT, 2))
        self.acknowledged(self.peer.send(KEPT, QUERY), name)
        cut = self.proxy.cut("submit_sm", 60, of(KEPT))
        throttle.end()
        self.ok(self.peer.wait(lambda: cut.hits, 20), f"{name}: it is cut")
        self.comes_back(binds, name)
        self.told(KEPT, name)

    # In the end.

    def settled(self, seconds):
        self.peer.wait(lambda: False, seconds)
        got = {n: self.texts(n) for n in {**TRIPS, **CROWD}}
        tap.equal({n: t for n, t in got.items() if t}, self.expected,
                  "nobody gets anything else")
        tap.equal(self.proxy.faults, [], "every PDU was in order")

    def stopped(self, gateway):
        tap.equal(tap.stop(gateway), 0, "the gateway ends cleanly")
        log = tap.log_text("smsc-gw.log")
        tap.ok(not any(n[2:] in log for n in {**TRIPS, **CROWD}),
               "no number in its log")
