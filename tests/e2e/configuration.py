"""A configuration folder for Home Assistant: onboarded, on loopback, this checkout installed."""

import base64
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
import importlib.util
import json
from pathlib import Path
import secrets
import shutil
from typing import Any, Final
import zlib

import bcrypt
import jwt

from .paths import BLUEPRINTS, DOMAIN, INTEGRATION

HOST: Final = "127.0.0.1"
USERNAME: Final = "demo"
PASSWORD: Final = "demo"

# Not `default_config`: parts of it need programs or servers that a plain machine has not.
# The components named here are also named in scripts/lib/runtime_requirements.py.
CONFIGURATION: Final = """\
homeassistant:
  auth_providers:
{auth_providers}
automation: !include automations.yaml
frontend:
history:
logbook:
logger:
  default: warning
  logs:
    custom_components.goapi: info
    # Neither ffmpeg nor libturbojpeg is needed here, and each tells at length that it is missing.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
mobile_app:
my:
recorder:
  commit_interval: 1
scene:
script:
"""

# A visitor on this machine need not log in: the server listens on loopback only.
TRUSTED: Final = f"""\
    - type: trusted_networks
      trusted_networks: {HOST}
      allow_bypass_login: true
"""


WEB_SERVER: Final = f"""\
http:
  server_host: {HOST}
  server_port: {{port}}
"""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How to reach a Home Assistant and be let in."""

    port: int
    user_id: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        """The address that the server is bound to."""
        return f"http://{HOST}:{self.port}"


def prepare(folder: Path, port: int, *, trusted: bool = False, language: str = "en") -> Access:
    """Make a configuration folder for a server on this port and return the access to it.

    An existing folder keeps what Home Assistant has stored, and so the access to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    storage = folder / ".storage"
    storage.mkdir(mode=0o700, exist_ok=True)
    kept = folder / "access.json"
    if kept.exists():
        access = Access(**{**json.loads(kept.read_text()), "port": port})
    else:
        access = _seed_users(storage, port)
        _seed_settings(storage, language)
        (folder / "automations.yaml").write_text("[]\n")
        _placeholder_icon(folder)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(asdict(access)))

    providers = (TRUSTED if trusted else "") + "    - type: homeassistant"
    configuration = CONFIGURATION.format(auth_providers=providers)
    if _web_server_is_set_up_in_storage():
        _seed_web_server(storage, port)
    else:
        configuration += WEB_SERVER.format(port=port)
    (folder / "configuration.yaml").write_text(configuration)
    _install(folder)
    return access


def _web_server_is_set_up_in_storage() -> bool:
    """Tell apart the releases that take settings in YAML for a trial, which soon ends."""
    package = importlib.util.find_spec("homeassistant")
    if package is None or package.origin is None:
        return False
    return (Path(package.origin).parent / "components" / "http" / "config.py").exists()


def _install(folder: Path) -> None:
    """Link this checkout's integration and copy its blueprints."""
    link = folder / "custom_components" / DOMAIN
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(INTEGRATION, target_is_directory=True)
    if BLUEPRINTS.is_dir():
        # Copied, since Home Assistant writes into its own folder.
        shutil.copytree(BLUEPRINTS, folder / "blueprints", dirs_exist_ok=True)


def _seed_users(storage: Path, port: int) -> Access:
    """Store the owner of the installation, who can log in and has a long-lived token."""
    now = datetime.now(UTC)
    credential, refresh_token = secrets.token_hex(16), secrets.token_hex(16)
    jwt_key = secrets.token_hex(64)
    lifetime = timedelta(days=3650)
    claims = {"iss": refresh_token, "iat": now, "exp": now + lifetime}
    access = Access(port=port, token=jwt.encode(claims, jwt_key, algorithm="HS256"))
    # Few rounds: this password is no secret.
    password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4))
    _store(
        storage,
        "auth_provider.homeassistant",
        {"users": [{"username": USERNAME, "password": base64.b64encode(password).decode()}]},
    )
    _store(
        storage,
        "auth",
        {
            "users": [
                {
                    "id": access.user_id,
                    "group_ids": ["system-admin"],
                    "is_owner": True,
                    "is_active": True,
                    "name": "Demo",
                    "system_generated": False,
                    "local_only": False,
                }
            ],
            "groups": [
                {"id": "system-admin", "name": "Administrators"},
                {"id": "system-users", "name": "Users"},
                {"id": "system-read-only", "name": "Read Only"},
            ],
            "credentials": [
                {
                    "id": credential,
                    "user_id": access.user_id,
                    "auth_provider_type": "homeassistant",
                    "auth_provider_id": None,
                    "data": {"username": USERNAME},
                }
            ],
            "refresh_tokens": [
                {
                    "id": refresh_token,
                    "user_id": access.user_id,
                    "client_id": None,
                    "client_name": "demo",
                    "client_icon": None,
                    "token_type": "long_lived_access_token",
                    "created_at": now.isoformat(),
                    "access_token_expiration": lifetime.total_seconds(),
                    "token": secrets.token_hex(64),
                    "jwt_key": jwt_key,
                    "last_used_at": None,
                    "last_used_ip": None,
                    "expire_at": None,
                    "credential_id": None,
                    "version": None,
                }
            ],
        },
    )
    return access


def _seed_settings(storage: Path, language: str) -> None:
    """Store what the onboarding would ask for."""
    _store(
        storage,
        "onboarding",
        {"done": ["user", "core_config", "analytics", "integration"]},
        version=4,
    )
    _store(
        storage,
        "core.config",
        {
            "latitude": 52.37,
            "longitude": 4.89,
            "elevation": 0,
            "unit_system_v2": "metric",
            "location_name": "Home",
            "time_zone": "UTC",
            "external_url": None,
            "internal_url": None,
            "currency": "USD",
            "country": "US",
            "language": language,
            "radius": 100,
        },
        minor_version=4,
    )


def _seed_web_server(storage: Path, port: int) -> None:
    """Store the settings of the web server as ones that have proved to work."""
    stable = {
        "server_host": [HOST],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    _store(
        storage,
        "http",
        {"stable": stable, "pending": None, "yaml_migration_done": True},
        version=2,
        minor_version=2,
    )


def _store(
    storage: Path, key: str, data: dict[str, Any], *, version: int = 1, minor_version: int = 1
) -> None:
    """Write one file of Home Assistant's storage."""
    path = storage / key
    path.touch(mode=0o600)
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    path.write_text(json.dumps(content, indent=2))


def _placeholder_icon(folder: Path) -> None:
    """Stand in for the brand images that Home Assistant would fetch from the internet."""
    path = folder / ".cache" / "brands" / "integrations" / "_placeholder" / "icon.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(_transparent_png())


def _transparent_png() -> bytes:
    """Return an image of one transparent pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return len(data).to_bytes(4) + kind + data + checksum.to_bytes(4)

    header = (1).to_bytes(4) * 2 + bytes((8, 6, 0, 0, 0))
    pixel = zlib.compress(bytes(5))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    )
