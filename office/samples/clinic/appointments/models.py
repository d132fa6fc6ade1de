from django.db import models

from patients.models import Patient


class Appointment(models.Model):
    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        NO_SHOW = "no_show"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    doctor_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=Status, default=Status.SCHEDULED)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("starts_at", "id")
        indexes = (
            models.Index(fields=["patient", "starts_at"], name="appointment_patient_starts"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["doctor_name", "starts_at"],
                condition=models.Q(status="scheduled"),
                name="appointment_doctor_free",
            ),
        )

    def __str__(self) -> str:
        return f"Appointment {self.pk}"
