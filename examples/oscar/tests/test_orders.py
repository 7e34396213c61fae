import subprocess

PASSWORD = "correct horse battery staple"


def test_status_of_an_unknown_order(client):
    assert client.get("/status/?number=0").json() == {"status": None}


def test_the_shop_starts():
    subprocess.run("python manage.py check", shell=True, check=True)
