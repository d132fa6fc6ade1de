from rest_framework import mixins, viewsets

from patients.models import Patient
from patients.serializers import PatientSerializer


class PatientViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.ListModelMixin,
    viewsets.GenericViewSet[Patient],
):
    queryset = Patient.objects.all()
    serializer_class = PatientSerializer
    http_method_names = ("get", "post", "patch", "head", "options")
