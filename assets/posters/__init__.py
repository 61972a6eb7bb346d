"""Posters from the web: providers that know where a picture is, and a crawler that fetches it with manners."""
