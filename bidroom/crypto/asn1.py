"""asn1crypto, made fit for threads: import this beside it.

It prepares each of its classes at the first use, and a second thread that comes just then finds a half-made table and
fails on a name that it should know. Here every class is used once, at import, by one thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyhanko_certvalidator.asn1_types
from asn1crypto import algos, cms, core, crl, keys, ocsp, tsp, x509

MODULES = (algos, cms, core, crl, keys, ocsp, tsp, x509, pyhanko_certvalidator.asn1_types)
"""Their classes are what signatures, certificates and revocation lists are made of."""


def kinds(of: type[core.Asn1Value]) -> Iterator[type[core.Asn1Value]]:
    """Every class below this one that is loaded."""
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def prepare() -> None:
    """Use each class once."""
    for kind in kinds(core.Asn1Value):
        if kind is not core.Choice:  # that one alone is abstract
            kind()


prepare()
