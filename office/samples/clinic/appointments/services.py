"""The rules of an appointment's life; views call these and nothing else changes a status."""

from django.db import transaction

from appointments.models import Appointment
from clinic.exceptions import Conflict


@transaction.atomic
def complete_appointment(appointment_id: int) -> Appointment:
    """Mark a scheduled appointment as completed."""
    appointment = Appointment.objects.select_for_update().get(pk=appointment_id)
    if appointment.status != Appointment.Status.SCHEDULED:
        raise Conflict(f"An appointment that is {appointment.status} cannot be completed.")
    appointment.status = Appointment.Status.COMPLETED
    appointment.save(update_fields=["status"])
    return appointment
