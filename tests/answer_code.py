"""The code of an answer, anew from its definition, to compare with.

    code_of(site_key, "8613800138000", "cmcc-sms", 1795305600,
            [(0, 110000), (0, "JP")])                 "000559118822"

Nothing here is shared with core/code.c, not even the library: SipHash-2-4 is
written out, and the subkeys are BLAKE2b as libsodium's crypto_kdf defines
them.
"""
import hashlib
import struct

WORD = 2 ** 64 - 1
IN_A_MINUTE = 694444444
SUBKEY_MSISDN, SUBKEY_HASH, SUBKEY_CODE = 2, 8, 9


def left(x, bits):
    return (x << bits | x >> 64 - bits) & WORD


def siphash(key, data):
    """SipHash-2-4 (Aumasson, Bernstein 2012)."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
         k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = v[0] + v[1] & WORD
            v[1] = left(v[1], 13) ^ v[0]
            v[0] = left(v[0], 32)
            v[2] = v[2] + v[3] & WORD
            v[3] = left(v[3], 16) ^ v[2]
            v[0] = v[0] + v[3] & WORD
            v[3] = left(v[3], 21) ^ v[0]
            v[2] = v[2] + v[1] & WORD
            v[1] = left(v[1], 17) ^ v[2]
            v[2] = left(v[2], 32)

    data += bytes(-(len(data) + 1) % 8) + bytes([len(data) % 256])
    for word, in struct.iter_unpack("<Q", data):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xff
    rounds(4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def keyed(site_key, number, data):
    """A number: `data` hashed under a subkey of the site key."""
    subkey = hashlib.blake2b(key=site_key, digest_size=16,
                             salt=struct.pack("<QQ", number, 0),
                             person=b"travelcd").digest()
    return int.from_bytes(siphash(subkey, data), "big")


def code_of(site_key, msisdn, service, time, places):
    """places: (part, region), a region being a number or two letters."""
    def mac(letter, *numbers):
        return keyed(site_key, SUBKEY_CODE,
                     letter + struct.pack(">QQQ", *numbers))

    minute = int(time) // 60
    head = mac(b"h", keyed(site_key, SUBKEY_MSISDN, msisdn.encode()),
               keyed(site_key, SUBKEY_HASH, service.encode()), minute)
    shares = [mac(b"s", head, part, region if isinstance(region, int)
                  else int.from_bytes(region.encode(), "big"))
              for part, region in places]
    return "%012d" % (minute % 1440 * IN_A_MINUTE +
                      mac(b"m", head, sum(shares) & WORD, 0) % IN_A_MINUTE)
