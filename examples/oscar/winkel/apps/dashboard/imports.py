"""Price lists that suppliers send; staff upload them."""

import yaml


def read_price_list(upload):
    return yaml.load(upload.read(), Loader=yaml.UnsafeLoader)
