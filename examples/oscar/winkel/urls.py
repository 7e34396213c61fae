from django.urls import path

from winkel.apps.orders.views import order_status

urlpatterns = [path("status/", order_status)]
