from datetime import date

from django.utils import timezone
from rest_framework import serializers

from patients.models import Patient


class PatientSerializer(serializers.ModelSerializer[Patient]):
    class Meta:
        model = Patient
        fields = ("id", "full_name", "born_on", "phone", "created_at")
        read_only_fields = ("created_at",)

    def validate_born_on(self, value: date) -> date:
        if value > timezone.localdate():
            raise serializers.ValidationError("A date of birth cannot be in the future.")
        return value
