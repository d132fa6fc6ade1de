from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between environments; see README."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///./courier.db"
    jwt_secret: str = "only-for-local-work-and-longer-than-32-bytes"
    access_token_minutes: int = 15
    log_level: str = "INFO"
