from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from appointments.models import Appointment


class AppointmentSerializer(serializers.ModelSerializer[Appointment]):
    class Meta:
        model = Appointment
        fields = ("id", "patient", "doctor_name", "starts_at", "status", "notes", "created_at")
        read_only_fields = ("status", "created_at")
        validators = ()

    def validate_starts_at(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError("An appointment must start in the future.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        taken = Appointment.objects.filter(
            doctor_name=attrs["doctor_name"],
            starts_at=attrs["starts_at"],
            status=Appointment.Status.SCHEDULED,
        )
        if taken.exists():
            raise serializers.ValidationError({"starts_at": ["The doctor is taken at this time."]})
        return attrs
