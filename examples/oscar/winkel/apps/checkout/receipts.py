"""Names of receipt files."""

import hashlib


def receipt_name(order):
    digest = hashlib.md5(order.number.encode()).hexdigest()
    return f"receipts/{digest[:12]}.pdf"
