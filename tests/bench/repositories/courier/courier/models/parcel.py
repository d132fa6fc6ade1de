from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from courier.models.base import Base, UtcDateTime


class ParcelStatus(StrEnum):
    REGISTERED = "registered"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"


class Parcel(Base):
    __tablename__ = "parcels"
    __table_args__ = (
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint(
            "status IN ('registered', 'in_transit', 'out_for_delivery', 'delivered', 'returned')",
            name="status",
        ),
        UniqueConstraint("user_id", "reference"),
        Index(None, "user_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(String(60))
    tracking_code: Mapped[str] = mapped_column(String(16), unique=True)
    receiver_name: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(10))
    country: Mapped[str] = mapped_column(String(2))
    weight_grams: Mapped[int]
    price_cents: Mapped[int]
    status: Mapped[str] = mapped_column(String(20), default=ParcelStatus.REGISTERED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TrackingEvent(Base):
    __tablename__ = "tracking_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(120))
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
