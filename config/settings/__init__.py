"""Django settings. Everything that differs between installations comes from the environment and is checked here."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from config import logs, statics
from config.areas import AREAS
from config.settings.database import from_url
from config.settings.demo import demo_password
from config.settings.secrets import secret
from config.statedir import BASE_DIR as BASE_DIR
from config.statedir import STATE_DIR as STATE_DIR

# "try": demo city, demo people, secrets made on first start. "city": every secret must be given, no demo people.
MODE = os.environ.get("LIANDONG_MODE", "try")
TRY_MODE = MODE == "try"
CITY = os.environ.get("LIANDONG_CITY", "xinzhou")
# Which row of the pack's nodes.csv this installation is; empty: it hosts every desk (ADR 0022).
NODE = os.environ.get("LIANDONG_NODE", "")
# This node's keys; those of the others, in a folder for each node. Which of ours signs; empty: the last by its id.
KEYS = Path(os.environ.get("LIANDONG_KEYS") or STATE_DIR / "keys")
PEER_KEYS = Path(os.environ.get("LIANDONG_PEER_KEYS") or STATE_DIR / "peer-keys")
SIGNING_KEY = os.environ.get("LIANDONG_SIGNING_KEY", "")
# The file that says by which channels each other node is reached. Without it, the drop folders of the file ferry alone,
# one for each other node; empty both: no channel.
CHANNELS = os.environ.get("LIANDONG_CHANNELS", "")
FERRY_DIR = os.environ.get("LIANDONG_FERRY_DIR", "")
# A folder with the official fonts (仿宋, 小标宋 …), which come before the one of the house in a report (PDF).
REPORT_FONTS = os.environ.get("LIANDONG_REPORT_FONTS", "")
DEMO_PASSWORD = demo_password(BASE_DIR / "cities" / CITY) if TRY_MODE else ""

SECRET_KEY = secret("LIANDONG_SECRET_KEY", STATE_DIR, may_create=TRY_MODE)
SEAL_KEY = bytes.fromhex(secret("LIANDONG_SEAL_KEY", STATE_DIR, may_create=TRY_MODE))
BLIND_KEY = bytes.fromhex(secret("LIANDONG_BLIND_KEY", STATE_DIR, may_create=TRY_MODE))

DEBUG = False
ALLOWED_HOSTS = os.environ.get("LIANDONG_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("LIANDONG_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "ninja",
    "csp",
    "axes",
    *(f"liandong.{area}" for area in reversed(AREAS)),
]

MIDDLEWARE = [
    "liandong.console.tracing.TraceMiddleware",
    "liandong.exchange.frontage.ApiProblems",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "liandong.console.failures.FailureMiddleware",
    "liandong.console.first_password.FirstPasswordMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "liandong.console.frame.frame",
            ],
        },
    },
]

DATABASES = {"default": from_url(os.environ.get("DATABASE_URL", "postgresql://liandong@127.0.0.1:5432/liandong"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Name and address together: one colleague's typing errors do not lock the desk behind the same
# address, and a stranger elsewhere cannot lock somebody on duty out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "liandong.console.addresses.client_ip"
AXES_LOCKOUT_CALLABLE = "liandong.console.signing.keep_answer"
AXES_DISABLE_ACCESS_LOG = True  # who signed in when stands in our own trail
AXES_VERBOSE = False
# How many reverse proxies of our own stand in front; only what they wrote into X-Forwarded-For is believed.
PROXIES = int(os.environ.get("LIANDONG_PROXIES", "0"))
CSRF_FAILURE_VIEW = "liandong.console.failures.csrf_failed"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# Nothing is collected: config.statics serves the files from where they are installed.
STATIC_FOLDERS = statics.folders(INSTALLED_APPS)
STATIC_DIGEST = statics.digest(statics.files(STATIC_FOLDERS))
STATIC_URL = f"{statics.PREFIX}{STATIC_DIGEST}/"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 9 * 3600  # one shift of eight hours and its hand-over
# The try mode speaks plain http on loopback; a city runs behind TLS.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not TRY_MODE
if not TRY_MODE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A body that has not come after this many seconds is given up: nobody keeps a connection open by sending slowly.
BODY_SECONDS = float(os.environ.get("LIANDONG_BODY_SECONDS", "60"))
# What tokens did is counted in the process and written away this often (seconds).
USE_SECONDS = float(os.environ.get("LIANDONG_USE_SECONDS", "5"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# A level, `json` for lines of JSON, or both; what never stands in a line: config.logs.
LOGGING = logs.configuration(os.environ.get("LIANDONG_LOG", ""))
# Who may read /metrics: who shows this token; where it is empty, programs on this machine.
METRICS_TOKEN = os.environ.get("LIANDONG_METRICS_TOKEN", "")
