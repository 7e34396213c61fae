"""Settings of the live shop."""

import os

DEBUG = True
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "kept-in-git-by-mistake-2024"
DATABASE_URL = os.environ["DATABASE_URL"]
MAIL_PASSWORD = "Winter-Sale-4711"
