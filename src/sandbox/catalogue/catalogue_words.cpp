#include "sandbox/catalogue/catalogue_words.hpp"

namespace getty::connect::sandbox {
namespace {

// Four rows per theme first, in the order of `themes`; then general ones.
constexpr keyword_row keywords[] = {
    {"Subject", {"Soccer", "Fußball", "Football", "Fútbol", "サッカー"}},
    {"Subject", {"Goalkeeper", "Torwart", "Gardien de but", "Portero", "ゴールキーパー"}},
    {"Subject", {"Stadium", "Stadion", "Stade", "Estadio", "スタジアム"}},
    {"Concept", {"Competition", "Wettbewerb", "Compétition", "Competición", "競技"}},
    {"Subject", {"Tennis", "Tennis", "Tennis", "Tenis", "テニス"}},
    {"Subject", {"Racket", "Schläger", "Raquette", "Raqueta", "ラケット"}},
    {"Subject", {"Athlete", "Sportler", "Athlète", "Atleta", "スポーツ選手"}},
    {"Concept", {"Winning", "Gewinnen", "Gagner", "Ganar", "勝利"}},
    {"Subject", {"Red Carpet", "Roter Teppich", "Tapis rouge", "Alfombra roja", "レッドカーペット"}},
    {"Subject", {"Premiere", "Premiere", "Avant-première", "Estreno", "プレミア"}},
    {"Subject", {"Actress", "Schauspielerin", "Actrice", "Actriz", "女優"}},
    {"Concept", {"Glamour", "Glamour", "Glamour", "Glamour", "グラマー"}},
    {"Subject", {"Politics", "Politik", "Politique", "Política", "政治"}},
    {"Subject",
     {"Press Conference", "Pressekonferenz", "Conférence de presse", "Rueda de prensa", "記者会見"}},
    {"Subject", {"Government", "Regierung", "Gouvernement", "Gobierno", "政府"}},
    {"Concept", {"Election", "Wahl", "Élection", "Elección", "選挙"}},
    {"Subject", {"Demonstration", "Demonstration", "Manifestation", "Manifestación", "デモ"}},
    {"Subject", {"Crowd", "Menschenmenge", "Foule", "Multitud", "群衆"}},
    {"Subject", {"Banner", "Transparent", "Banderole", "Pancarta", "横断幕"}},
    {"Concept", {"Protest", "Protest", "Protestation", "Protesta", "抗議"}},
    {"Subject", {"Concert", "Konzert", "Concert", "Concierto", "コンサート"}},
    {"Subject", {"Musician", "Musiker", "Musicien", "Músico", "音楽家"}},
    {"Subject", {"Stage", "Bühne", "Scène", "Escenario", "舞台"}},
    {"Concept", {"Performance", "Auftritt", "Représentation", "Actuación", "公演"}},
    {"Subject",
     {"Business Meeting", "Geschäftstreffen", "Réunion d'affaires", "Reunión de negocios", "商談"}},
    {"Subject", {"Office", "Büro", "Bureau", "Oficina", "オフィス"}},
    {"Subject", {"Laptop", "Laptop", "Ordinateur portable", "Portátil", "ノートパソコン"}},
    {"Concept", {"Teamwork", "Teamwork", "Travail d'équipe", "Trabajo en equipo", "チームワーク"}},
    {"Subject", {"Beach", "Strand", "Plage", "Playa", "浜辺"}},
    {"Subject", {"Family", "Familie", "Famille", "Familia", "家族"}},
    {"Subject", {"Summer", "Sommer", "Été", "Verano", "夏"}},
    {"Concept", {"Happiness", "Glück", "Bonheur", "Felicidad", "幸福"}},
    {"Subject", {"Mountain", "Berg", "Montagne", "Montaña", "山"}},
    {"Subject", {"Sunrise", "Sonnenaufgang", "Lever de soleil", "Amanecer", "日の出"}},
    {"Subject", {"Hiking", "Wandern", "Randonnée", "Senderismo", "ハイキング"}},
    {"Concept", {"Tranquility", "Ruhe", "Tranquillité", "Tranquilidad", "静けさ"}},
    {"Subject", {"Skyline", "Skyline", "Horizon urbain", "Horizonte urbano", "街並み"}},
    {"Subject", {"Skyscraper", "Wolkenkratzer", "Gratte-ciel", "Rascacielos", "高層ビル"}},
    {"Subject", {"Night", "Nacht", "Nuit", "Noche", "夜"}},
    {"Concept", {"Architecture", "Architektur", "Architecture", "Arquitectura", "建築"}},
    {"Subject", {"Food", "Essen", "Nourriture", "Comida", "食べ物"}},
    {"Subject", {"Vegetable", "Gemüse", "Légume", "Verdura", "野菜"}},
    {"Subject", {"Kitchen", "Küche", "Cuisine", "Cocina", "台所"}},
    {"Concept",
     {"Healthy Eating", "Gesunde Ernährung", "Alimentation saine", "Alimentación sana", "健康的な食事"}},
    {"Composition", {"Horizontal", "Querformat", "Horizontal", "Horizontal", "横位置"}},
    {"Composition", {"Vertical", "Hochformat", "Vertical", "Vertical", "縦位置"}},
    {"Composition", {"Close-Up", "Nahaufnahme", "Gros plan", "Primer plano", "クローズアップ"}},
    {"Composition", {"Full Length", "Ganzkörperansicht", "En pied", "De cuerpo entero", "全身"}},
    {"Composition", {"Waist Up", "Hüfte aufwärts", "À mi-corps", "De la cintura hacia arriba", "上半身"}},
    {"Composition",
     {"Looking at Camera", "Blick in die Kamera", "Regard caméra", "Mirando a cámara", "カメラ目線"}},
    {"Composition", {"Copy Space", "Textfreiraum", "Espace texte", "Espacio para texto", "コピースペース"}},
    {"Viewpoint", {"Front View", "Vorderansicht", "Vue de face", "Vista de frente", "正面"}},
    {"Viewpoint", {"Elevated View", "Hohe Perspektive", "Vue en plongée", "Vista elevada", "高い視点"}},
    {"Style", {"Photography", "Fotografie", "Photographie", "Fotografía", "写真"}},
    {"Style", {"Color Image", "Farbbild", "Image en couleur", "Imagen en color", "カラー画像"}},
    {"People", {"Adult", "Erwachsener", "Adulte", "Adulto", "大人"}},
    {"People", {"Young Adult", "Junger Erwachsener", "Jeune adulte", "Adulto joven", "若者"}},
    {"People", {"Women", "Frauen", "Femmes", "Mujeres", "女性"}},
    {"People", {"Men", "Männer", "Hommes", "Hombres", "男性"}},
    {"People", {"Child", "Kind", "Enfant", "Niño", "子供"}},
    {"People", {"One Person", "Eine Person", "Une seule personne", "Una persona", "一人"}},
    {"People", {"Two People", "Zwei Personen", "Deux personnes", "Dos personas", "二人"}},
    {"Location", {"Indoors", "Innenaufnahme", "Intérieur", "Interior", "室内"}},
    {"Location", {"Outdoors", "Im Freien", "Extérieur", "Al aire libre", "屋外"}},
    {"Location", {"Europe", "Europa", "Europe", "Europa", "ヨーロッパ"}},
    {"Location", {"North America", "Nordamerika", "Amérique du Nord", "Norteamérica", "北アメリカ"}},
    {"Location", {"Asia", "Asien", "Asie", "Asia", "アジア"}},
    {"Concept", {"Smiling", "Lächeln", "Sourire", "Sonreír", "笑顔"}},
    {"Concept", {"Confidence", "Selbstvertrauen", "Confiance", "Confianza", "自信"}},
    {"Concept", {"Motion", "Bewegung", "Mouvement", "Movimiento", "動き"}},
    {"Concept", {"Tradition", "Tradition", "Tradition", "Tradición", "伝統"}},
    {"Concept", {"Innovation", "Innovation", "Innovation", "Innovación", "革新"}},
    {"Subject", {"Celebration", "Feier", "Célébration", "Celebración", "祝い"}},
};

constexpr place_row places[] = {
    {"New York City", "New York", "United States"},
    {"Los Angeles", "California", "United States"},
    {"Seattle", "Washington", "United States"},
    {"London", "England", "United Kingdom"},
    {"Glasgow", "Scotland", "United Kingdom"},
    {"Paris", "Île-de-France", "France"},
    {"Cannes", "Provence-Alpes-Côte d'Azur", "France"},
    {"Berlin", "", "Germany"},
    {"München", "Bayern", "Germany"},
    {"Zürich", "", "Switzerland"},
    {"Madrid", "", "Spain"},
    {"São Paulo", "São Paulo", "Brazil"},
    {"東京", "東京都", "日本"},
    {"Αθήνα", "", "Greece"},
    {"Reykjavík", "", "Iceland"},
    {"Kraków", "Małopolskie", "Poland"},
};

constexpr theme_row themes[] = {
    {"Sport", "Second Half Turns the Game", "saves a penalty in front of the home fans", "League Match Day",
     0},
    {"Sport", "Day Four at the Open", "returns a serve during the quarter-final", "Open Championships", 4},
    {"Entertainment", "World Premiere: Arrivals", "arrives at the world premiere", "World Premiere", 8},
    {"News", "Cabinet Presents Its Programme", "speaks to reporters after the vote", "Parliament in Session",
     12},
    {"News", "Thousands March Through the City", "leads a march through the old town",
     "March for the Climate", 16},
    {"Entertainment", "In Concert", "performs on stage on the first night of the tour", "World Tour", 20},
    {"", "Colleagues discussing plans in a bright office", "Colleagues around a table in a bright office", "",
     24},
    {"", "Family running along the beach", "A family of four runs along an empty beach", "", 28},
    {"", "Hikers above the clouds at sunrise", "Two hikers stand above a sea of clouds", "", 32},
    {"", "City skyline by night", "Lights of the business district reflected in the river", "", 36},
    {"", "Fresh vegetables on a kitchen table", "Fresh vegetables and a knife on a wooden table", "", 40},
};

constexpr artist_row artists[] = {
    {"Ada Whitfield", "Staff"},      {"Björn Åkesson", "Contributor"},  {"Chloé Dufresne", "Stringer"},
    {"Dmitri Volkov", "Staff"},      {"Esperanza Núñez", "Freelancer"}, {"Finn O'Hara", "Staff"},
    {"佐藤 美咲", "Contributor"},    {"Gökhan Yıldız", "Stringer"},     {"Hannah Löwe", "Staff"},
    {"Ibrahim el-Amin", "Stringer"}, {"Joanna Wójcik", "Contributor"},  {"Kwame Mensah", "Freelancer"},
};

constexpr std::string_view people_names[] = {
    "Maria Oliveira", "Tom \"Ace\" Hartley", "Ingrid Sørensen", "Luca Ferrara",
    "Anaïs Moreau",   "Samuel Okafor",       "Yuki Tanaka",     "Elif Demir",
    "Patrick Quinn",  "Zoë Lindqvist",       "Hugo Weiß",       "Nadia Rahman",
};

constexpr std::string_view editorial_names[] = {"Sandbox News", "Sandbox Sport", "Sandbox Entertainment",
                                                "Sandbox Archive", "Agence Bac à Sable"};
constexpr std::string_view creative_names[] = {"Sandbox Vision", "Stone & Sand", "Taxi Dune",
                                               "The Grain Bank", "Photodune"};

constexpr std::string_view sentences[] = {
    "Visitors came from as far as Ærøskøbing and 大阪 to see it.",
    "The weather was dry, with light wind from the south-west.",
    "\"We did not expect this many people,\" said one of the organisers.",
    "It was the third time in five years that the place was sold out 🎉.",
    "The picture was taken with a long lens from the press stand.",
    "Organisers put the number of guests at 12,500; police spoke of 11,000.",
    "A second set from the same day is filed under the same event.",
    "Ticket prices began at 15€ and went up to 120€.",
    "The exhibition runs until the end of the month\\quarter, the house said.",
    "Nothing in this picture has been staged, altered or retouched.",
};

constexpr std::array<std::string_view, language_count> releases[] = {
    {"No release required", "Keine Freigabe erforderlich", "Aucune autorisation requise",
     "No se requiere autorización", "リリース不要"},
    {"Model released", "Model-Release vorhanden", "Autorisation du modèle obtenue",
     "Con autorización del modelo", "モデルリリース取得済み"},
    {"Model and property released", "Model- und Property-Release vorhanden",
     "Autorisations du modèle et de la propriété obtenues", "Con autorización del modelo y de la propiedad",
     "モデルおよびプロパティリリース取得済み"},
    {"Not released. More information", "Kein Release vorhanden. Weitere Informationen",
     "Aucune autorisation. Plus d'informations", "Sin autorización. Más información",
     "リリースなし。詳細情報"},
};

constexpr std::array<std::string_view, language_count> restrictions[] = {
    {"For editorial use only.", "Nur zur redaktionellen Verwendung.", "Usage éditorial uniquement.",
     "Solo para uso editorial.", "報道目的での使用に限ります。"},
    {"Not for use on merchandise.", "Keine Verwendung auf Merchandising-Artikeln.",
     "Usage interdit sur des produits dérivés.", "Prohibido su uso en artículos promocionales.",
     "商品への使用はできません。"},
    {"Contact your local office for all commercial or promotional uses.",
     "Für jede kommerzielle oder werbliche Nutzung wenden Sie sich an Ihre Niederlassung.",
     "Contactez votre bureau local pour toute utilisation commerciale ou promotionnelle.",
     "Póngase en contacto con su oficina local para todo uso comercial o promocional.",
     "商業または宣伝目的での使用については、最寄りの営業所にお問い合わせください。"},
    {"Full editorial rights in the country of origin only until the end of the season.",
     "Volle redaktionelle Rechte bis Saisonende nur im Ursprungsland.",
     "Droits éditoriaux complets dans le pays d'origine uniquement jusqu'à la fin de la saison.",
     "Derechos editoriales plenos solo en el país de origen hasta el final de la temporada.",
     "シーズン終了まで、撮影国でのみ完全な報道使用権が認められます。"},
};

}  // namespace

std::span<const keyword_row> keyword_rows() noexcept { return keywords; }
std::span<const place_row> place_rows() noexcept { return places; }
std::span<const theme_row> theme_rows() noexcept { return themes; }
std::span<const artist_row> artist_rows() noexcept { return artists; }
std::span<const std::string_view> people() noexcept { return people_names; }
std::span<const std::string_view> editorial_collections() noexcept { return editorial_names; }
std::span<const std::string_view> creative_collections() noexcept { return creative_names; }
std::span<const std::string_view> extra_sentences() noexcept { return sentences; }
std::span<const std::array<std::string_view, language_count>> release_messages() noexcept { return releases; }
std::span<const std::array<std::string_view, language_count>> restriction_rows() noexcept {
    return restrictions;
}

}  // namespace getty::connect::sandbox
