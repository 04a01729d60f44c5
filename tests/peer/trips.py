"""Subscribers who have been somewhere, what each is to be told (the catalogue's
text, filled in here, to be compared whole), and what the gateway says of it."""
import csv
import datetime
import re

import tap
from fixture import NOW, Site

CODE = "10086"
SYSTEM_ID, PASSWORD = "tc", "secret"

SHORT_TRIP = ["北京", "天津", "廊坊"]
LONG_TRIP = ["石家庄", "秦皇岛", "沈阳", "哈尔滨", "上海", "南京", "连云港",
             "杭州", "合肥", "福州", "南昌", "济南", "郑州", "武汉", "长沙",
             "广州", "深圳", "南宁", "海口", "重庆", "成都", "攀枝花", "贵阳",
             "昆明"]
LONGEST_TRIP = LONG_TRIP + [
    "大连", "长春", "鞍山", "苏州", "无锡", "宁波", "温州", "厦门", "泉州",
    "青岛", "烟台", "洛阳", "宜昌", "岳阳", "珠海", "桂林", "三亚", "绵阳",
    "遵义", "大理", "西安"]
HONG_KONG, JAPAN = "plmn:454-00", "plmn:440-10"


def regions():
    """{short Chinese name: code} of the mainland's divisions."""
    with open(f"{tap.ROOT}/conf/regions.csv", encoding="utf-8") as f:
        return {r["short_zh"]: r["code"] for r in csv.DictReader(f)}


def cell(code):
    return f"ecgi:460-00-{code}"


def site(port, **options):
    """One whose cells are all of the mainland's divisions, one each, whose
    limits are the defaults, and which is linked to an SMSC on a port."""
    made = Site()
    made.limits = {}
    made.cells = [(cell(c), c) for c in sorted(set(regions().values()))
                  if c < "700000"]
    made.put("peer.password", PASSWORD + "\n", 0o600)
    made.smscs["peer"] = {
        "carrier": "cmcc", "host": tap.ADDR, "port": port,
        "system_id": SYSTEM_ID, "password_file": made.path("peer.password"),
        **options}
    return made


def travel(made, msisdn, trip, before=10, hours=4):
    """Stays in the trip's towns, the first the latest, which ended `before`
    hours before NOW."""
    codes = regions()
    for i, name in enumerate(trip):
        end = NOW - datetime.timedelta(hours=before + i * (hours + 2))
        made.stay(msisdn, cell(codes[name]),
                  end - datetime.timedelta(hours=hours), hours, every=2)


def catalogue():
    """{key: text} of conf/messages.zh."""
    with open(f"{tap.ROOT}/conf/messages.zh", encoding="utf-8") as f:
        return dict(re.findall(r'^([\w-]+) = "(.*)"$', f.read(), re.M))


def fill(text, **values):
    """Put in what is given; the other placeholders stand for nothing."""
    return re.sub(r"{(\w+)}", lambda m: values.get(m[1], ""), text)


def coded(text):
    """A text with its code, another each minute, out of sight."""
    return re.sub(r"\d{12}", "*" * 12, text)


def date(t, form="date", **values):
    """In the catalogue's words."""
    texts = catalogue()
    return fill(texts[form], day=str(t.day), **values,
                month=texts["months"].split(",")[t.month - 1])


def begin():
    """The window's first day."""
    return date(NOW - datetime.timedelta(days=14))


def answer(key, *groups):
    """The text of an answer as `coded` leaves it; a group is a list of
    places."""
    texts = catalogue()
    as_of = fill(texts["as-of"],
                 time=date(NOW, "date-time", time=f"{NOW:%H:%M}"))
    return fill(
        texts[key], hotline=CODE, as_of=as_of,
        code=fill(texts["code"], code="*" * 12, verify="HY"),
        **{"from": begin()},
        places=texts["group-separator"].join(
            texts["list-separator"].join(g) for g in groups))


def receipts():
    """What the gateway's last summary counts of receipts: {state: how many}."""
    told = re.findall(r" receipts (.*)", tap.log_text("smsc-gw.log"))
    counted = re.findall(r"(\w+)=(\d+)", told[-1]) if told else []
    return {state: int(n) for state, n in counted if n != "0"}
