"""Kannel as Debian has it, set up as well as it can be: bearerbox and smsbox,
TCP_NODELAY by a preloaded shim, no log but of errors, no message store, the
full window on each bind, and an sms-service that asks tests/bench/http_lookup
over connections that are kept."""
import glob
import os

import bench
import tap

ADMIN, SMSBOX, HTTP, SENDSMS = 13000, 13001, 13002, 13003
NODELAY = {"LD_PRELOAD": os.path.join(tap.O, "tests/bench/nodelay.so")}

CORE = """group = core
admin-port = {ADMIN}
admin-interface = {address}
admin-password = none
smsbox-port = {SMSBOX}
smsbox-interface = {address}
log-file = "{folder}/bearerbox.log"
log-level = 4
smsbox-max-pending = 4000
sms-combine-concatenated-mo = false

"""
SMSC = """group = smsc
smsc = smpp
smsc-id = s{n}
host = {address}
port = {port}
smsc-username = tc
smsc-password = secret
system-type = ""
transceiver-mode = 1
max-pending-submits = 100
enquire-link-interval = 60
reconnect-delay = 1
log-level = 4

"""
SERVICE = """group = smsbox
bearerbox-host = {address}
bearerbox-port = {SMSBOX}
sendsms-port = {SENDSMS}
sendsms-interface = {address}
log-file = "{folder}/smsbox.log"
log-level = 4
global-sender = 10086
max-pending-requests = 512
http-request-retry = 0

group = sms-service
keyword = default
catch-all = true
get-url = "http://{address}:{HTTP}/?from=%p&text=%a"
max-messages = 1
omit-empty = true
"""


def start(port, links, store):
    """All three programs, on the gateway's core; before there is an SMSC, for
    bearerbox takes texts that it has no smsbox for, and leaves them."""
    values = {"address": tap.ADDR, "port": port, "folder": tap.DIR,
              "ADMIN": ADMIN, "SMSBOX": SMSBOX, "HTTP": HTTP,
              "SENDSMS": SENDSMS}
    conf = tap.write("kannel.conf", CORE.format(**values) + "".join(
        SMSC.format(n=n, **values) for n in range(links)) +
        SERVICE.format(**values))
    http = bench.start(bench.program("http_lookup"), tap.ADDR, str(HTTP),
                       store, f"{store}/site.key")
    boxes = []
    for box in ("bearerbox", "smsbox"):
        boxes.append(bench.start(f"/usr/sbin/{box}", "-v", "4", conf,
                                 env=NODELAY, log="kannel.log"))
        tap.wait_for(lambda: bench.sockets(SMSBOX), 10)
    tap.wait_for(lambda: bench.sockets(SMSBOX, bench.ESTABLISHED), 10)
    return [http, *boxes]


def logs():
    text = ""
    for name in glob.glob(f"{tap.DIR}/*box.log") + \
            [f"{tap.DIR}/kannel.log"]:
        text += tap.log_text(name)[-1500:]
    return text
