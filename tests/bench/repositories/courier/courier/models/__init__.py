from courier.models.api_key import ApiKey
from courier.models.base import Base
from courier.models.parcel import Parcel, ParcelStatus, TrackingEvent
from courier.models.user import User

__all__ = ["ApiKey", "Base", "Parcel", "ParcelStatus", "TrackingEvent", "User"]
