"""The one settings file. Everything comes from the environment; the README's table lists every name."""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from greening.gdal import wheel_libraries

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
#: Where the embedded database, the scenes and the heat maps live.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- Security -------------------------------------------------------------------------------------
#: `make run` keeps a random key of its own in DATA_DIR; a server must name one.
_key_file = DATA_DIR / "secret-key"
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY and _key_file.exists():
    SECRET_KEY = _key_file.read_text().strip()
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set: put a long random text in the environment (`make run` makes one for a local town)."
    )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

# --- The house ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "greening",  # first: its createsuperuser confirms the address, its back office signs in like every page
    "greening.back_office.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "leaflet",
    "csp",
    "django_vite",
    "parcels",
    "heat_islands",
    "frontend",
    "allauth",  # after frontend, whose templates take the place of its own
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "greening.middleware.RastersFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "greening.accounts.second_factor.AsksForSecondFactor",
]
ROOT_URLCONF = "greening.urls"
WSGI_APPLICATION = "greening.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "frontend.context.town",
                "greening.accounts.context.person",
            ],
        },
    },
]

# --- Database: SpatiaLite in a file, or PostGIS through DATABASE_URL -------------------------------
GDAL_LIBRARY_PATH, GEOS_LIBRARY_PATH = wheel_libraries()
SPATIALITE_LIBRARY_PATH = env.str("SPATIALITE_LIBRARY_PATH", default="mod_spatialite")
DATABASES = {
    "default": env.db("DATABASE_URL", default=f"spatialite:///{DATA_DIR / 'greening.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if "spatialite" in DATABASES["default"]["ENGINE"]:
    # WAL and immediate transactions: readers never wait, and two writers queue instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    }
    # Tests run in a file too: an in-memory database answers "table is locked" to a second connection.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # For short questions: compiling or sharing out a plan takes longer than they do, and an index on today's disks
    # is not four times as dear as a scan.
    _SHORT = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", _SHORT)
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- People: sign-in by e-mail and password ---------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
_validators = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _validators + "UserAttributeSimilarityValidator"},
    {"NAME": _validators + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _validators + "CommonPasswordValidator"},
    {"NAME": _validators + "NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
#: Whether residents may open an account of their own; the town's people are given theirs either way.
SIGN_UP = env.bool("SIGN_UP", default=True)
ACCOUNT_ADAPTER = "greening.accounts.adapter.TownAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "greening.accounts.forms.SignInForm",
    "signup": "greening.accounts.forms.SignUpForm",
    "reauthenticate": "greening.accounts.forms.PasswordAgainForm",
    "reset_password": "greening.accounts.forms.ResetForm",
    "reset_password_from_key": "greening.accounts.forms.NewPasswordForm",
    "change_password": "greening.accounts.forms.ChangePasswordForm",
    "add_email": "greening.accounts.forms.AddressForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True  # whoever asks learns nothing of who has an account
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or address is told to its owner
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None  # asked at sign-in
ACCOUNT_LOGIN_BY_CODE_ENABLED = env.bool("LOGIN_BY_CODE", default=False)
#: Wrong passwords: ten a minute from one address, five in five minutes from one address for one account. The adapter
#: adds a wider limit for one account from anywhere, so that five guesses of a stranger shut nobody out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/300s/key"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
#: A second factor (an app's code, a passkey) is everybody's choice, or asked of the office's roles ("required").
SECOND_FACTOR = env.str("SECOND_FACTOR", default="optional")
if SECOND_FACTOR not in ("optional", "required"):
    raise ImproperlyConfigured(
        f"SECOND_FACTOR is {SECOND_FACTOR!r}: it can be optional, or required (for the office's roles)."
    )
MFA_ADAPTER = "greening.accounts.second_factor.TownFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock is half a minute off
MFA_FORMS = {
    "authenticate": "greening.accounts.forms.CodeForm",
    "reauthenticate": "greening.accounts.forms.CodeAgainForm",
    "activate_totp": "greening.accounts.forms.AppForm",
    "authenticate_webauthn": "greening.accounts.forms.KeyForm",
    "login_webauthn": "greening.accounts.forms.KeySignInForm",
    "reauthenticate_webauthn": "greening.accounts.forms.KeyAgainForm",
    "add_webauthn": "greening.accounts.forms.PasskeyForm",
    "edit_webauthn": "greening.accounts.forms.PasskeyNameForm",
}
#: Accounts that nobody used for so many years are erased, thirty days after a message said so.
ACCOUNT_YEARS = env.int("ACCOUNT_YEARS", default=3)
#: Whom the town names for questions about personal data, on the public page; empty: it says how to ask.
DPO_CONTACT = env.str("DPO_CONTACT", default="")
#: Reverse proxies in front whose X-Forwarded-For is believed: the throttle counts by the caller's address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
#: Counts of failed attempts must be common to all workers, so they live in files, not in each one's memory.
CACHES = {
    "default": {
        "BACKEND": "greening.accounts.counting.CountingCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# --- Mail -----------------------------------------------------------------------------------------
#: `smtp+tls://user:password@host:587`, say; without it messages are written to files and nobody gets them.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default="arbres@localhost")

#: Where people outside reach this site: the addresses in mails and calendars begin with it.
PUBLIC_URL = env.str(
    "PUBLIC_URL", default=f"https://{ALLOWED_HOSTS[0]}" if HTTPS else "http://127.0.0.1:8000"
)
#: Days that a notice is kept once it was read; one that nobody reads is kept twice as long.
NOTICE_DAYS = env.int("NOTICE_DAYS", default=180)

# --- Tasks: one queue, in the database, worked off by `manage.py db_worker` or `run_due` -------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- Languages and time ---------------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="fr")
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")

# --- Static files ---------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("app", BASE_DIR / "frontend" / "dist")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-][0-9a-zA-Z_-]{8,12}\..+$"
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "frontend" / "dist" / "manifest.json",
        "static_url_prefix": "app",
    }
}
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"

# --- The field --------------------------------------------------------------------------------------
#: Largest photo and largest emergency export that are taken, MB.
FIELD_PHOTO_MB = env.int("FIELD_PHOTO_MB", default=25)
FIELD_EXPORT_MB = env.int("FIELD_EXPORT_MB", default=4_000)
#: Phones are answered by problem details, never by a page, when a form's token is old.
CSRF_FAILURE_VIEW = "greening.field.access.csrf_failed"

# --- The town -------------------------------------------------------------------------------------
#: The demonstration town is built by `make run` unless DEMO=0.
DEMO = env.bool("DEMO", default=True)
#: Base map drawn under our own layers; empty for none (offline, closed network).
BASE_MAP_URL = env.str(
    "BASE_MAP_URL",
    default=(
        "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
        "&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    ),
)
BASE_MAP_ATTRIBUTION = env.str("BASE_MAP_ATTRIBUTION", default="© IGN – Géoplateforme")
#: Whom a crew phones about a danger, shown in the field app; empty: it says to tell the crew lead.
DUTY_NUMBER = env.str("DUTY_NUMBER", default="")
#: GDAL's block cache, MB: tiles come from small windows, so a modest one serves them and memory stays flat.
GDAL_CACHE_MB = env.int("GDAL_CACHE_MB", default=128)

LEAFLET_CONFIG = {
    "DEFAULT_CENTER": (48.8235, 2.2700),
    "DEFAULT_ZOOM": 14,
    "MIN_ZOOM": 10,
    "MAX_ZOOM": 20,
    "TILES": [("Plan IGN", BASE_MAP_URL, {"attribution": BASE_MAP_ATTRIBUTION, "maxZoom": 19})]
    if BASE_MAP_URL
    else [],
    "SCALE": "metric",
    "RESET_VIEW": False,
    "FORCE_IMAGE_PATH": True,
}

# --- Content security: nothing is loaded from anywhere but here and the base map -------------------
_base_map_origin = (
    ["/".join(BASE_MAP_URL.split("/")[:3])] if BASE_MAP_URL.startswith("http") else []
)
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:", *_base_map_origin],
        "connect-src": [SELF, *_base_map_origin],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # What GDAL complains of is raised as an error, and told there in one sentence.
    "loggers": {"rasterio": {"level": "CRITICAL"}, "django.contrib.gis": {"level": "CRITICAL"}},
}
