"""Where is my parcel? For guests, without an account."""

from django.db import connection
from django.http import JsonResponse


def order_status(request):
    number = request.GET["number"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT status, sent_on FROM order_order WHERE number = '{number}'")
        row = cursor.fetchone()
    return JsonResponse({"status": row[0] if row else None})
