"""Words of the places: six kinds of venue, which categories and tips tell and photographs do not."""

from __future__ import annotations

VENUES: list[dict[str, str]] = [
    {
        "categories": "Mexican|Tacos|Tex-Mex|Latin American",
        "name": "Cantina|Taqueria|Casa|Cocina",
        "dish": "carnitas tacos|the mole enchiladas|fish burritos|the guacamole|elote|churros with chocolate"
        "|pozole on Thursdays",
        "drink": "a mezcal margarita|horchata|agua fresca|a cold Pacifico|hibiscus tea",
        "detail": "tortillas are pressed by hand|the salsa bar has five chiles|the mariachi plays on Fridays"
        "|habanero means business here",
    },
    {
        "categories": "Japanese|Sushi Bars|Ramen|Izakaya",
        "name": "Ramen House|Sushi|Izakaya|Noodle Bar",
        "dish": "tonkotsu ramen|the omakase|salmon nigiri|gyoza|chicken karaage|matcha mochi|the unagi bowl",
        "drink": "cold sake|roasted green tea|a yuzu highball|plum wine|Sapporo on draft",
        "detail": "sit at the counter and watch the knife work|broth simmers for a day|wasabi is grated fresh"
        "|the bento goes quickly at noon",
    },
    {
        "categories": "Coffee & Tea|Bakeries|Cafes|Breakfast & Brunch",
        "name": "Coffee|Bakehouse|Cafe|Roasters",
        "dish": "almond croissants|cinnamon rolls|avocado toast|the sourdough loaf|lemon scones|banana bread"
        "|blueberry muffins",
        "drink": "a flat white|pour over coffee|a cortado|chai latte|single origin espresso",
        "detail": "beans are roasted in the back|plenty of outlets for laptops|pastries sell out by ten"
        "|latte art comes with every cup",
    },
    {
        "categories": "Barbeque|Smokehouse|Southern|Burgers",
        "name": "Smokehouse|Barbecue|Grill|Pit",
        "dish": "the smoked brisket|baby back ribs|pulled pork|mac and cheese|cornbread|burnt ends|collard greens",
        "drink": "sweet tea|bourbon lemonade|a root beer float|a local lager|rye whiskey",
        "detail": "hickory smoke reaches the car park|sauce comes mild or fiery|order meat by the pound"
        "|the pitmaster starts at dawn",
    },
    {
        "categories": "Italian|Pizza|Wine Bars|Mediterranean",
        "name": "Trattoria|Pizzeria|Osteria|Enoteca",
        "dish": "the margherita pizza|cacio e pepe|gnocchi|burrata|tiramisu|lasagna|the antipasti board",
        "drink": "a glass of Barolo|an Aperol spritz|prosecco|limoncello|house Chianti",
        "detail": "pasta is rolled every morning|the wood oven blisters the crust|nonna still runs the kitchen"
        "|olive oil comes from Puglia",
    },
    {
        "categories": "Nightlife|Music Venues|Cocktail Bars|Breweries",
        "name": "Taproom|Lounge|Brewing|Music Hall",
        "dish": "loaded fries|pretzel bites|late night sliders|hot wings|nachos at midnight|the cheese platter",
        "drink": "the hazy IPA|a smoked old fashioned|a tasting flight|an imperial stout|a gin fizz",
        "detail": "the band starts at nine|trivia night fills the bar|the dance floor opens late"
        "|karaoke takes over on Wednesdays",
    },
]

TIPS = [
    "Try {dish}, and {drink} with it.",
    "{detail}.",
    "Get {dish} or {dish2}.",
    "They are known for {drink}.",
    "{detail}, so come early.",
    "Order {drink} at the bar; {detail}.",
    "Regulars order {dish} and {drink}.",
    "{dish} and {dish2} are on the menu all week.",
]

NAMES = [
    "{first}'s {name}",
    "The {object} {name}",
    "{street} {name}",
    "{object} & {object2} {name}",
    "{first} and {first2} {name}",
]

NEUTRAL = {
    "first": "Rosa|Hector|Sal|Minnie|Otis|Lena|Marco|Dottie|Frank|Ines|Walt|Yuki|Pearl|Gus|Nadia|Theo|Olive|Ray",
    "object": "Copper|Fox|Lantern|Anchor|Blue Door|Sparrow|Oak|Paper Crane|Kettle|Red Barn|Compass|Thistle"
    "|Harbor|Wagon|Ivy|Clover",
    "street": "Elm Street|Fifth Avenue|Riverside|Old Mill|Station Road|Market Square|Union Street|Lakeview"
    "|Canal Street|Hillcrest",
}

CITIES = [
    ("Philadelphia", "PA", "191", 39.95, -75.16),
    ("Tampa", "FL", "336", 27.95, -82.46),
    ("Nashville", "TN", "372", 36.16, -86.78),
    ("Tucson", "AZ", "857", 32.22, -110.97),
    ("New Orleans", "LA", "701", 29.95, -90.07),
    ("Santa Barbara", "CA", "931", 34.42, -119.70),
]
"""City, state, first three digits of the postal code, latitude, longitude."""

REVIEW = {
    "aspect": "service|food|atmosphere|music|staff|portion size|wait|price|seating|menu|lighting|cleanliness"
    "|parking|kitchen",
    "event": "Stopped by|Came here for dinner|Met for lunch|Booked a table|Walked in without a reservation"
    "|Celebrated here",
    "thing": "place|spot|venue|meal|evening|experience|visit",
}

PEOPLE = "Ana|Ben|Carla|Dev|Elena|Farid|Gwen|Hugo|Iris|Jonas|Kim|Luis|Maya|Noah|Priya|Quinn|Rosa|Sven|Tara|Will|Zoe"
