"""Certificates for the tests of TLS, made by openssl(1).

    pki = Pki()                              a CA, in a folder below TEST_DIR
    pki.make("smsc", "DNS:smsc.example")     smsc.pem, smsc.key
    smsc = Smsc(ADDR, tls=pki.server("smsc"))

Site.smsc makes the link to such an Smsc a TLS one.
"""
import os
import ssl
import sys

from tap import ADDR, path, run


def openssl(*args):
    p = run("openssl", *args)
    if p.returncode:
        raise RuntimeError(f"openssl {args[0]}: {p.stderr}")


class Pki:
    def __init__(self, name="pki"):
        self.dir = path(name)
        os.makedirs(self.dir)
        self.authority("ca")

    def path(self, name):
        return os.path.join(self.dir, name)

    def _request(self, name, *args):
        openssl("req", *args, "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", self.path(f"{name}.key"))

    def authority(self, name):
        """Another CA; returns the path of its certificate."""
        self._request(name, "-x509", "-out", self.path(f"{name}.pem"))
        return self.path(f"{name}.pem")

    def make(self, name, names, ca="ca", days=30, is_ca=False):
        """A certificate for names such as "DNS:a.example,IP:::1", expired
        when `days` is negative; returns the path of the certificate."""
        self._request(name, "-new", "-out", self.path(f"{name}.csr"))
        with open(self.path("extensions"), "w", encoding="ascii") as f:
            f.write(f"subjectAltName={names}\n" if names else "")
            f.write(f"basicConstraints=CA:{str(is_ca).upper()}\n")
        openssl("x509", "-req", "-in", self.path(f"{name}.csr"),
                "-CA", self.path(f"{ca}.pem"), "-CAkey",
                self.path(f"{ca}.key"), "-days", str(days), "-extfile",
                self.path("extensions"), "-out", self.path(f"{name}.pem"))
        return self.path(f"{name}.pem")

    def server(self, name, clients=None):
        """An SMSC's side of TLS; it demands a certificate of the CA `clients`
        if one is named."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"),
                                self.path(f"{name}.key"))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path(f"{clients}.pem"))
        context.ca = self.path("ca.pem")
        return context


def tls_by_name():
    """An SMSC's side of TLS, if the test is run under a name that ends so."""
    if not sys.argv[0].endswith("-tls"):
        return None
    pki = Pki()
    pki.make("smsc", f"IP:{ADDR}")
    return pki.server("smsc")
