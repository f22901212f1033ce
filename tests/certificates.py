"""An authority of the tests' own, and server certificates that it signs. DER is put together here: no program needed."""

import base64
import datetime
import hashlib
import secrets

DAYS = 30
EC_PUBLIC_KEY, CURVE = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
COMMON_NAME = "2.5.4.3"
SUBJECT_KEY, KEY_USAGE, ALTERNATIVE_NAME = "2.5.29.14", "2.5.29.15", "2.5.29.17"
BASIC_CONSTRAINTS, AUTHORITY_KEY = "2.5.29.19", "2.5.29.35"
SEQUENCE, SET, INTEGER, BITS, OCTETS, OID, UTF8, UTC, BOOLEAN = 48, 49, 2, 3, 4, 6, 12, 23, 1
TRUE = b"\xff"
# NIST P-256: y^2 = x^3 - 3x + b over the field of P, where the multiples of G are ORDER points.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


class Key:
    """A key of the curve. Good for tests only: how long it takes to sign tells of the secret."""

    def __init__(self):
        self.secret = 1 + secrets.randbelow(ORDER - 1)
        x, y = multiple(self.secret, G)
        self.point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def sign(self, data):
        digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
        nonce = 1 + secrets.randbelow(ORDER - 1)
        first = multiple(nonce, G)[0] % ORDER
        second = pow(nonce, -1, ORDER) * (digest + first * self.secret) % ORDER
        return element(SEQUENCE, number(first), number(second))

    def public(self):
        algorithm = element(SEQUENCE, identifier(EC_PUBLIC_KEY), identifier(CURVE))
        return element(SEQUENCE, algorithm, element(BITS, b"\0" + self.point))

    def private(self):
        secret = element(OCTETS, self.secret.to_bytes(32, "big"))
        point = element(0xA1, element(BITS, b"\0" + self.point))
        return element(SEQUENCE, number(1), secret, element(0xA0, identifier(CURVE)), point)

    def name(self):
        return hashlib.sha1(self.public()).digest()


class Authority:
    """Signs certificates. `file` has its own certificate, in the form that clients take as a bundle."""

    def __init__(self, folder):
        self.folder = folder
        self.key = Key()
        usage = extension(KEY_USAGE, element(BITS, b"\x01\x06"), critical=True)
        may_sign = extension(BASIC_CONSTRAINTS, element(SEQUENCE, element(BOOLEAN, TRUE)), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_text(pem("CERTIFICATE", self._sign("tests", "tests", self.key, [usage, may_sign])))

    def issue(self, name, *addresses):
        """The files of a new certificate for these IPv4 addresses, and of its key."""
        own = Key()
        names = b"".join(element(0x87, bytes(map(int, address.split(".")))) for address in addresses)
        extensions = [
            extension(ALTERNATIVE_NAME, element(SEQUENCE, names)),
            extension(BASIC_CONSTRAINTS, element(SEQUENCE), critical=True),
        ]
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_text(pem("CERTIFICATE", self._sign("tests", name, own, extensions)))
        key.write_text(pem("EC PRIVATE KEY", own.private()))
        return certificate, key

    def _sign(self, issuer, subject, key, extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        moments = [now - datetime.timedelta(days=1), now + datetime.timedelta(days=DAYS)]
        algorithm = element(SEQUENCE, identifier(ECDSA_WITH_SHA256))
        extensions = [
            *extensions,
            extension(SUBJECT_KEY, element(OCTETS, key.name())),
            extension(AUTHORITY_KEY, element(SEQUENCE, element(0x80, self.key.name()))),
        ]
        to_sign = element(
            SEQUENCE,
            element(0xA0, number(2)),
            number(int.from_bytes(key.name()[:8], "big")),
            algorithm,
            distinguished(issuer),
            element(SEQUENCE, *(element(UTC, moment.strftime("%y%m%d%H%M%SZ").encode()) for moment in moments)),
            distinguished(subject),
            key.public(),
            element(0xA3, element(SEQUENCE, *extensions)),
        )
        return element(SEQUENCE, to_sign, algorithm, element(BITS, b"\0" + self.key.sign(to_sign)))


def multiple(factor, point):
    """`point` added to itself: so often as `factor`, which is not 0, says."""
    result = None
    while factor:
        if factor & 1:
            result = point if result is None else added(result, point)
        point = added(point, point)
        factor >>= 1
    return result


def added(one, other):
    """The sum of two points, neither of which is the other's opposite."""
    (x, y), (u, v) = one, other
    slope = (3 * x * x - 3) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    sum_x = (slope * slope - x - u) % P
    return sum_x, (slope * (x - sum_x) - y) % P


def element(tag, *parts):
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def number(value):
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def identifier(dotted):
    first, second, *others = map(int, dotted.split("."))
    encoded = bytes([first * 40 + second])
    for part in others:
        digits = [part & 0x7F]
        while part := part >> 7:
            digits.append(part & 0x7F | 0x80)
        encoded += bytes(reversed(digits))
    return element(OID, encoded)


def distinguished(name):
    pair = element(SEQUENCE, identifier(COMMON_NAME), element(UTF8, name.encode()))
    return element(SEQUENCE, element(SET, pair))


def extension(name, value, critical=False):
    return element(SEQUENCE, identifier(name), element(BOOLEAN, TRUE) if critical else b"", element(OCTETS, value))


def pem(kind, der):
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n"
