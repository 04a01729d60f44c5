"""osmo-hlr and osmo-msc as Debian has them, on the test's own address.

The HLR's ports are fixed (4222 GSUP, 4258 VTY, 4259 CTRL), so are the MSC's
4254 and 4255.  The MSC wants SCTP: sctp_tcp.c gives it TCP instead, whether
the kernel has SCTP or not, so that the test is the same everywhere.  Its SS7
and media gateway have no peer and stay down.
"""
import os
import re
import shutil
import socket

import gsup
import tap
from hlr import Peer

SHIM = os.path.join(tap.O, "tests/peer/sctp_tcp.so")
GSUP, HLR_VTY = 4222, 4258
MSC_NAME = "MSC-1"
MSC_VTY, SGS, SMPP = 4254, 29118, 2775

LOG = """log stderr
 logging filter all 1
 logging color 0
 logging print file 0
 logging print category 1
 logging timestamp 1
 logging level set-all notice
 logging level lgsup info
"""

HLR = LOG + """line vty
 no login
 bind {address}
ctrl
 bind {address}
hlr
 database {directory}/hlr.db
 gsup
  bind ip {address}
  ipa-name HLR
{more}"""

MSC = LOG + """line vty
 no login
 bind {address}
ctrl
 bind {address}
network
 network country code 460
 mobile network code 00
 short name peer
 long name peer
 encryption a5 0
 authentication optional
 mm info 0
cs7 instance 0
 point-code 0.23.1
 asp stp 2905 0 m3ua
  remote-ip {address}
  local-ip {address}
msc
 no assign-tmsi
 mncc internal
 mgw local-ip {address}
 mgw remote-ip {address}
smsc
 database {directory}/sms.db
hlr
 remote-ip {address}
 remote-port 4222
 ipa-name MSC
sgs
 local-ip {address}
 local-port 29118
 vlr-name vlr.peer.example
smpp
 local-tcp-ip {address} 2775
 policy closed
 smpp-first
 system-id peer
 esme {system_id}
  password {password}
  default-route
"""


def listening(port):
    with socket.socket() as s:
        return s.connect_ex((tap.ADDR, port)) == 0


class Vty:
    """The command line of either; an answer ends with the prompt."""

    def __init__(self, port):
        self.sock = socket.create_connection((tap.ADDR, port), 10)
        self.answer()
        self.command("enable")

    def answer(self):
        text = b""
        while not re.search(rb"Osmo(HLR|MSC)(\([\w-]+\))?[>#] $", text):
            data = self.sock.recv(4096)
            assert data, f"VTY closed after {text!r}"
            text += data
        return text.decode(errors="replace")

    def command(self, line):
        self.sock.sendall(line.encode() + b"\n")
        return self.answer()


def start(program, config, ready, **values):
    """Start one of the two; its Popen once ready(), else None."""
    assert shutil.which(program), f"{program} is not installed"
    name = program.removeprefix("osmo-")
    text = config.format(address=tap.ADDR, directory=tap.DIR, **values)
    preload = {"LD_PRELOAD": SHIM} if program == "osmo-msc" else {}
    p = tap.start(program, "-c", tap.write(f"{name}.cfg", text),
                  log=f"{name}.log", env=preload, cwd=tap.DIR)
    tap.wait_for(lambda: p.poll() is not None or ready())
    return p if p.poll() is None and ready() else None


def start_hlr(*lines):
    """lines: more of its section "hlr"."""
    return start("osmo-hlr", HLR, lambda: listening(GSUP) and
                 listening(HLR_VTY),
                 more="".join(f" {line}\n" for line in lines))


def provision(subscribers):
    """Give the HLR its (IMSI, MSISDN) subscribers."""
    vty = Vty(HLR_VTY)
    for imsi, msisdn in subscribers:
        vty.command(f"subscriber imsi {imsi} create")
        vty.command(f"subscriber imsi {imsi} update msisdn {msisdn}")
    return vty.command("show subscribers all")


def wait_attached(name, times=1):
    """Until somebody of this name has attached to the HLR so many times."""
    return tap.wait_for(
        lambda: tap.log_text("hlr.log").count(f" 0: {name}\n") >= times)


def attach_msc():
    """An MSC that asks for dialogues, attached to the HLR; or None."""
    before = tap.log_text("hlr.log").count(f" 0: {MSC_NAME}\n")
    msc = Peer(socket.create_connection((tap.ADDR, GSUP)),
               {gsup.SERIAL: MSC_NAME, gsup.UNIT_ID: "0/0/0"})
    return msc if wait_attached("MSC-1", before + 1) else None


def open_sessions(vty):
    """How many supplementary service sessions the HLR holds."""
    shown = vty.command("show talloc-context application full")
    assert "struct hlr" in shown, shown
    return shown.count("struct ss_session")


def start_msc(system_id, password):
    """Start the MSC, which takes every message to the one ESME; it is ready
    when it is open to both sides and has its HLR."""
    linked = f"GSUP link to {tap.ADDR}:{GSUP} UP"
    return start("osmo-msc", MSC,
                 lambda: linked in tap.log_text("msc.log")
                 and listening(SMPP) and listening(SGS),
                 system_id=system_id, password=password)


def bound(system_id):
    """Does the MSC show an ESME as bound?"""
    return f"System ID: {system_id}," in Vty(MSC_VTY).command("show smpp esme")


def set_password(system_id, password):
    """What the MSC wants of an ESME from now on."""
    vty = Vty(MSC_VTY)
    for line in ("configure terminal", "smpp", f"esme {system_id}",
                 f"password {password}"):
        vty.command(line)
