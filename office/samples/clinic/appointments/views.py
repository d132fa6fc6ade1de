from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.models import Appointment
from appointments.serializers import AppointmentSerializer
from appointments.services import complete_appointment


class AppointmentViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
    viewsets.GenericViewSet[Appointment],
):
    queryset = Appointment.objects.all()
    serializer_class = AppointmentSerializer

    def get_queryset(self) -> QuerySet[Appointment]:
        queryset = super().get_queryset()
        patient = self.request.query_params.get("patient") if self.action == "list" else None
        if patient is None:
            return queryset
        if not (patient.isascii() and patient.isdigit()):
            raise ValidationError({"patient": ["A valid integer is required."]})
        return queryset.filter(patient_id=int(patient))

    @extend_schema(parameters=[OpenApiParameter("patient", int, description="Only this patient.")])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Mark a scheduled appointment as completed."""
        appointment = complete_appointment(self.get_object().pk)
        return Response(self.get_serializer(appointment).data)
