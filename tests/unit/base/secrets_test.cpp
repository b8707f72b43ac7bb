#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <type_traits>
#include <vector>

#include "core/base/base64.hpp"
#include "core/base/digest.hpp"
#include "core/base/random.hpp"
#include "core/base/seal.hpp"
#include "core/base/secret.hpp"
#include "core/base/uuid.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

/// An empty directory of this test, removed at its end.
class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "kirogate-base-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::size_t count() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
    }

  private:
    fs::path path_;
};

void write_file(const std::string& path, const std::string& text, mode_t mode) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

template <class T, class = void>
struct IsPrintable : std::false_type {};
template <class T>
struct IsPrintable<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>>
    : std::true_type {};
static_assert(!IsPrintable<Secret>::value && !std::is_convertible_v<Secret, std::string_view>);

/// Hands out a fixed sequence of bytes.
class Counting final : public Random {
  public:
    void fill(void* bytes, std::size_t count) override {
        auto* p = static_cast<unsigned char*>(bytes);
        for (std::size_t i = 0; i < count; ++i) p[i] = static_cast<unsigned char>(next_++);
    }

  private:
    unsigned next_ = 0;
};

}  // namespace

TEST_CASE("digests agree with published vectors") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    const auto mac = hmac_sha256("Jefe", "what do ya want for nothing?");
    CHECK(hex_encode({reinterpret_cast<const char*>(mac.data()), mac.size()}) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const auto empty = hmac_sha256({}, {});
    CHECK(hex_encode({reinterpret_cast<const char*>(empty.data()), empty.size()}) ==
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK(crc32("123456789") == 0xCBF43926);
    CHECK(crc32("6789", crc32("12345")) == 0xCBF43926);
    CHECK(crc32("", crc32("12345")) == crc32("12345"));
    CHECK(crc32({}) == 0);
}

TEST_CASE("comparison looks at every byte") {
    CHECK(constant_time_equal("", ""));
    CHECK(constant_time_equal("abc", "abc"));
    CHECK_FALSE(constant_time_equal("abc", "abd"));
    CHECK_FALSE(constant_time_equal("abc", "ab"));
    CHECK_FALSE(constant_time_equal("abc\0x"s, "abc\0y"s));
}

TEST_CASE("a password matches its own hash alone") {
    const std::string hash = password_hash("correct horse");
    CHECK(hash.starts_with("scrypt$15$8$1$"));
    CHECK(hash.find("horse") == std::string::npos);
    CHECK(password_hash("correct horse") != hash);
    CHECK(password_matches("correct horse", hash));
    CHECK_FALSE(password_matches("correct hors", hash));
    CHECK_FALSE(password_matches("", hash));
    for (const std::string bad :
         {"", "plain", "scrypt$15$8$1$$", "scrypt$99$8$1$AAAA$AAAA", "scrypt$0$8$1$AAAA$AAAA",
          "scrypt$15$8$1$AAAA$AAAA$x", "bcrypt$15$8$1$AAAA$AAAA"}) {
        INFO(bad);
        CHECK_FALSE(password_matches("correct horse", bad));
    }
    // RFC 7914, section 12: scrypt("pleaseletmein", "SodiumChloride", 2^14, 8, 1).
    const auto bytes = hex_decode(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
    REQUIRE(bytes);
    CHECK(password_matches("pleaseletmein",
                           "scrypt$14$8$1$" + base64_encode("SodiumChloride") + "$" + base64_encode(*bytes)));
}

TEST_CASE("secrets compare, copy and move without leaving their text behind") {
    Secret a("a long secret that lives on the heap"s);
    Secret copy = a;
    CHECK(copy == a);
    CHECK_FALSE(copy == Secret("other"s));
    Secret moved = std::move(a);
    CHECK(a.empty());
    CHECK(moved.reveal() == "a long secret that lives on the heap");
    Secret small("short"s);
    const char* const inside = small.reveal().data();
    Secret taken = std::move(small);
    CHECK(std::string_view(inside, 5) != "short");
    taken = Secret("next"s);
    CHECK(taken.equals("next"));
    const Secret& same = taken;
    taken = same;
    CHECK(taken.equals("next"));
    CHECK(masked("kg-1234567890f6d4") == "kg-1...f6d4");
    CHECK(masked("fifteen letters") == "***");
    CHECK(masked("") == "***");
}

TEST_CASE("sealed text opens with its key, in its place, undamaged, and not otherwise") {
    const Sealer sealer = Sealer::from_key(std::string(32, 'k'));
    const std::string sealed = sealer.seal("refresh-token", "account/1/refresh_token");
    CHECK(sealed.starts_with("v1:"));
    CHECK(sealed.find("refresh") == std::string::npos);
    CHECK(sealer.seal("refresh-token", "account/1/refresh_token") != sealed);
    const auto opened = sealer.unseal(sealed, "account/1/refresh_token");
    REQUIRE(opened);
    CHECK(opened->reveal() == "refresh-token");
    CHECK_FALSE(sealer.unseal(sealed, "account/2/refresh_token"));
    CHECK_FALSE(Sealer::from_key(std::string(32, 'x')).unseal(sealed, "account/1/refresh_token"));
    const auto empty = sealer.unseal(sealer.seal("", ""), "");
    REQUIRE(empty);
    CHECK(empty->empty());
    auto box = *base64_decode(std::string_view(sealed).substr(3));
    for (std::size_t i = 0; i < box.size(); ++i) {
        box[i] = static_cast<char>(box[i] ^ 1);
        CHECK_FALSE(sealer.unseal("v1:" + base64_encode(box), "account/1/refresh_token"));
        box[i] = static_cast<char>(box[i] ^ 1);
    }
    for (const std::string& bad :
         std::vector<std::string>{"", "v1:", "v2:" + sealed.substr(3), "v1:AAAA", "v1:!!!!"}) {
        CHECK(sealer.unseal(bad, "account/1/refresh_token").error().kind == ErrorKind::store_failed);
    }
}

TEST_CASE("key files are private, whole and kept") {
    Folder folder;
    const std::string path = folder.file("key");
    CHECK(Sealer::open(path).error().kind == ErrorKind::config_invalid);
    const auto made = Sealer::open_or_create(path);
    REQUIRE(made);
    CHECK(folder.count() == 1);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const auto again = Sealer::open_or_create(path);
    REQUIRE(again);
    CHECK(again->unseal(made->seal("x", "c"), "c"));

    write_file(folder.file("open"), std::string(64, 'a'), 0644);
    CHECK(Sealer::open(folder.file("open")).error().message.find("chmod 600") != std::string::npos);
    for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(66, 'a'),
                                   std::string(64, 'g'), std::string(200, 'a')}) {
        write_file(folder.file("bad"), bad, 0600);
        const auto result = Sealer::open(folder.file("bad"));
        REQUIRE_FALSE(result);
        CHECK(result.error().message.find("64 hexadecimal digits") != std::string::npos);
    }
    CHECK_FALSE(Sealer::open_or_create(folder.file("no/such/folder/key")));
}

TEST_CASE("random ids have their shape and no bias") {
    SystemRandom random;
    CHECK(random.hex(7).size() == 7);
    CHECK(random.bytes(5'000).size() == 5'000);
    CHECK(random.bytes(0).empty());
    std::set<std::string> ids;
    for (int i = 0; i < 10'000; ++i) ids.insert(random.base62(24));
    CHECK(ids.size() == 10'000);
    CHECK(ids.begin()->size() == 24);
    const std::string uuid = random.uuid_v4();
    CHECK(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);

    // Over all 256 byte values every one of the 62 letters must come up equally often.
    Counting counting;
    const std::string letters = counting.base62(248 * 4);
    for (const char c : std::set<char>(letters.begin(), letters.end())) {
        CHECK(std::count(letters.begin(), letters.end(), c) == 16);
    }
    for (std::uint64_t bound : {1u, 2u, 7u, 1000u}) {
        for (int i = 0; i < 200; ++i) REQUIRE(random.below(bound) < bound);
    }
}

TEST_CASE("the same text gives the same UUID") {
    CHECK(uuid_from_hash("a") == uuid_from_hash("a"));
    CHECK(uuid_from_hash("a") != uuid_from_hash("b"));
    CHECK(uuid_from_hash("a") == "ca978112-ca1b-8dca-bac2-31b39a23dc4d");
}
