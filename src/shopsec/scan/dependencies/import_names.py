"""By which names code imports a distribution of PyPI; most are its own, and no rule says so."""

from dataclasses import dataclass

from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Modules:
    """What a package may be imported by."""

    names: tuple[str, ...]
    sure: bool
    """These are all of its names; otherwise they are a guess."""


def modules_of(name: str) -> Modules:
    """The modules of a distribution: those that are known, or what most would be called."""
    plain = canonicalize_name(name)
    if plain in _OTHER:
        # What extends Django is named in its settings, and often imported by nothing else.
        return Modules(_OTHER[plain], sure=not plain.startswith("django"))
    # Of a namespace (zope-proxy), the name with dots.
    guess = (plain.replace("-", "_"), plain.replace("-", "."))
    return Modules(guess, sure=plain in _SAME)


# Distributions with one module, which has their name.
_SAME_NAMES = """
aiohttp alembic aniso8601 anyio asgiref authlib babel bleach boto3 botocore bottle celery certifi
cffi chardet click colorama cryptography cssutils daphne deepdiff defusedxml django docutils ecdsa
elasticsearch eventlet fastapi feedparser flask fuzzywuzzy gevent gradio graphene gunicorn h11 h2
html5lib httpcore httplib2 httpx hyperlink idna jinja2 joblib jsonpickle jsonschema keras kombu
langchain ldap3 lxml mako markdown markdown2 markupsafe marshmallow matplotlib mechanize mistune
mongoengine msgpack netaddr nltk notebook numpy oauth2client oauthlib onnx openai openpyxl orjson
pandas paramiko passlib peewee pikepdf pip pkginfo psutil psycopg psycopg2 psycopg2cffi py7zr
pyarrow pyasn1 pycares pydantic pygments pymemcache pymysql pypdf pyramid pytest pytz redis
reportlab requests rsa sanic scapy scipy scrapy simplejson sqlalchemy sqlparse starlette streamlit
stripe suds tablib torch tornado tqdm transformers trio twilio twisted ujson urllib3 uvicorn
waitress weasyprint webob werkzeug wheel whoosh wtforms xlrd xlsxwriter xmltodict yarl yfinance
zeep zipp
"""
_SAME = frozenset(_SAME_NAMES.split())
# Distributions whose modules have other names, or whose name has a hyphen.
_OTHER = {
    "antlr4-python3-runtime": ("antlr4",),
    "apache-airflow": ("airflow",),
    "apache-superset": ("superset",),
    "async-timeout": ("async_timeout",),
    "attrs": ("attr", "attrs"),
    "azure-core": ("azure.core",),
    "azure-cosmos": ("azure.cosmos",),
    "azure-functions": ("azure.functions",),
    "azure-identity": ("azure.identity",),
    "azure-keyvault-secrets": ("azure.keyvault.secrets",),
    "azure-servicebus": ("azure.servicebus",),
    "azure-storage-blob": ("azure.storage.blob",),
    "backports-zoneinfo": ("backports.zoneinfo",),
    "beautifulsoup4": ("bs4",),
    "biopython": ("Bio",),
    "charset-normalizer": ("charset_normalizer",),
    "configobj": ("configobj", "validate"),
    "cx-oracle": ("cx_Oracle",),
    "discord-py": ("discord",),
    "django-allauth": ("allauth",),
    "django-ckeditor": ("ckeditor",),
    "django-cors-headers": ("corsheaders",),
    "django-crispy-forms": ("crispy_forms",),
    "django-debug-toolbar": ("debug_toolbar",),
    "django-environ": ("environ",),
    "django-extensions": ("django_extensions",),
    "django-filter": ("django_filters",),
    "django-haystack": ("haystack",),
    "django-mptt": ("mptt",),
    "django-oauth-toolkit": ("oauth2_provider",),
    "django-oscar": ("oscar",),
    "django-redis": ("django_redis",),
    "django-storages": ("storages",),
    "django-tinymce": ("tinymce",),
    "djangorestframework": ("rest_framework",),
    "djangorestframework-simplejwt": ("rest_framework_simplejwt",),
    "dnspython": ("dns",),
    "elasticsearch-dsl": ("elasticsearch_dsl",),
    "email-validator": ("email_validator",),
    "et-xmlfile": ("et_xmlfile",),
    "facebook-sdk": ("facebook",),
    "faiss-cpu": ("faiss",),
    "flask-admin": ("flask_admin",),
    "flask-appbuilder": ("flask_appbuilder",),
    "flask-caching": ("flask_caching",),
    "flask-cors": ("flask_cors",),
    "flask-login": ("flask_login",),
    "flask-security-too": ("flask_security",),
    "flask-sqlalchemy": ("flask_sqlalchemy",),
    "flask-wtf": ("flask_wtf",),
    "fonttools": ("fontTools",),
    "fpdf2": ("fpdf",),
    "gevent-websocket": ("geventwebsocket",),
    "gitpython": ("git",),
    "google-api-python-client": ("googleapiclient", "apiclient"),
    "google-auth": ("google.auth", "google.oauth2"),
    "google-auth-httplib2": ("google_auth_httplib2",),
    "google-auth-oauthlib": ("google_auth_oauthlib",),
    "google-cloud-bigquery": ("google.cloud.bigquery",),
    "google-cloud-firestore": ("google.cloud.firestore", "google.cloud.firestore_v1"),
    "google-cloud-logging": ("google.cloud.logging", "google.cloud.logging_v2"),
    "google-cloud-pubsub": (
        "google.cloud.pubsub",
        "google.cloud.pubsub_v1",
        "google.pubsub",
        "google.pubsub_v1",
    ),
    "google-cloud-secret-manager": ("google.cloud.secretmanager", "google.cloud.secretmanager_v1"),
    "google-cloud-storage": ("google.cloud.storage",),
    "google-generativeai": ("google.generativeai",),
    "graphene-django": ("graphene_django",),
    "grpcio": ("grpc",),
    "ibm-db": ("ibm_db",),
    "importlib-metadata": ("importlib_metadata",),
    "ipython": ("IPython",),
    "jaraco-context": ("jaraco.context",),
    "kafka-python": ("kafka",),
    "levenshtein": ("Levenshtein",),
    "m2crypto": ("M2Crypto",),
    "marshmallow-sqlalchemy": ("marshmallow_sqlalchemy",),
    "memory-profiler": ("memory_profiler",),
    "msgpack-python": ("msgpack",),
    "mysql-connector-python": ("mysql.connector",),
    "mysqlclient": ("MySQLdb",),
    "nvidia-ml-py": ("pynvml",),
    "opencv-contrib-python": ("cv2",),
    "opencv-contrib-python-headless": ("cv2",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "paho-mqtt": ("paho.mqtt",),
    "pdfminer-six": ("pdfminer",),
    "pillow": ("PIL",),
    "pillow-simd": ("PIL",),
    "progressbar2": ("progressbar",),
    "prometheus-client": ("prometheus_client",),
    "protobuf": ("google.protobuf",),
    "psycopg2-binary": ("psycopg2",),
    "pyasn1-modules": ("pyasn1_modules",),
    "pycrypto": ("Crypto",),
    "pycryptodome": ("Crypto",),
    "pycryptodomex": ("Cryptodome",),
    "pycups": ("cups",),
    "pycurl": ("curl", "pycurl"),
    "pygithub": ("github",),
    "pyhamcrest": ("hamcrest",),
    "pyjwt": ("jwt",),
    "pyldap": ("ldap", "ldapurl", "ldif"),
    "pymongo": ("pymongo", "bson", "gridfs"),
    "pymupdf": ("fitz", "pymupdf"),
    "pynacl": ("nacl",),
    "pyopenssl": ("OpenSSL",),
    "pypdf2": ("PyPDF2",),
    "pyqt5": ("PyQt5",),
    "pyreadline3": ("pyreadline3", "readline"),
    "pysaml2": ("saml2",),
    "pyserial": ("serial",),
    "pyside2": ("PySide2",),
    "pyside6": ("PySide6",),
    "pysocks": ("socks", "sockshandler"),
    "pyspnego": ("spnego",),
    "python-box": ("box",),
    "python-crontab": ("crontab",),
    "python-dateutil": ("dateutil",),
    "python-decouple": ("decouple",),
    "python-docx": ("docx",),
    "python-dotenv": ("dotenv",),
    "python-engineio": ("engineio",),
    "python-gitlab": ("gitlab",),
    "python-gnupg": ("gnupg",),
    "python-jose": ("jose",),
    "python-json-logger": ("pythonjsonlogger",),
    "python-jwt": ("python_jwt",),
    "python-keystoneclient": ("keystoneclient",),
    "python-ldap": ("ldap", "ldapurl", "ldif"),
    "python-levenshtein": ("Levenshtein",),
    "python-magic": ("magic",),
    "python-memcached": ("memcache",),
    "python-multipart": ("multipart", "python_multipart"),
    "python-pptx": ("pptx",),
    "python-slugify": ("slugify",),
    "python-socketio": ("socketio",),
    "python-telegram-bot": ("telegram",),
    "python3-openid": ("openid",),
    "python3-saml": ("onelogin.saml2",),
    "python3-xlib": ("Xlib",),
    "pyusb": ("usb",),
    "pywin32": ("win32api", "win32con", "win32com", "pythoncom", "pywintypes"),
    "pyxdg": ("xdg",),
    "pyyaml": ("yaml",),
    "pyzmq": ("zmq",),
    "requests-oauthlib": ("requests_oauthlib",),
    "requests-toolbelt": ("requests_toolbelt",),
    "ruamel-yaml": ("ruamel.yaml",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "sentry-sdk": ("sentry_sdk",),
    "setuptools": ("setuptools", "pkg_resources", "_distutils_hack"),
    "simple-salesforce": ("simple_salesforce",),
    "snowflake-connector-python": ("snowflake.connector",),
    "social-auth-app-django": ("social_django",),
    "social-auth-core": ("social_core",),
    "speechrecognition": ("speech_recognition",),
    "sqlalchemy-utils": ("sqlalchemy_utils",),
    "suds-community": ("suds",),
    "suds-jurko": ("suds",),
    "tensorflow-cpu": ("tensorflow",),
    "tensorflow-gpu": ("tensorflow",),
    "typing-extensions": ("typing_extensions",),
    "websocket-client": ("websocket",),
    "wxpython": ("wx",),
    "zope-component": ("zope.component",),
    "zope-deprecation": ("zope.deprecation",),
    "zope-event": ("zope.event",),
    "zope-interface": ("zope.interface",),
    "zope-pagetemplate": ("zope.pagetemplate",),
    "zope-schema": ("zope.schema",),
}
