#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "core/base/scope_exit.hpp"
#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"
#include "tests/support/temp_dir.hpp"

extern char** environ;

// The parent starts this very binary again with only the hidden writer case. The writer tells on a
// pipe what it is about to do ("?verb what") and what the store has acknowledged ("+verb what").

using namespace kg;
using test::TempDir;
using test::test_sealer;

namespace {

constexpr int kPipeFd = 3;
constexpr int kParts = 4;  // test cases, so that a slow disk meets no time limit
constexpr int kRounds = 200 / kParts;
constexpr int kRoundsPerDatabase = 10;
constexpr const char* kDirVariable = "KIROGATE_TEST_CRASH_DIR";
constexpr const char* kSeedVariable = "KIROGATE_TEST_CRASH_SEED";

Secret access_token(const std::string& id, std::uint64_t generation) {
    return Secret("access/" + id + "/" + std::to_string(generation));
}
Secret refresh_token(const std::string& id, std::uint64_t generation) {
    return Secret("refresh/" + id + "/" + std::to_string(generation));
}

/// Random verbs, one after the other, until it is killed. Exits with a status when a verb fails.
class Writer {
  public:
    Writer(store::Stores& stores, std::uint64_t seed)
        : stores_(stores), random_(seed), prefix_(std::to_string(seed)) {}

    [[noreturn]] void run() {
        load();
        for (int n = 0;; ++n) {
            const std::string id = prefix_ + "_" + std::to_string(n);
            switch (random_() % 6) {
                case 0: add_account("acc_" + id); break;
                case 1:
                case 2: rotate(); break;
                case 3: add_key("key_" + id); break;
                case 4: put_counter(); break;
                case 5: record("req_" + id); break;
            }
            if (accounts_.size() > 12) remove_account();
        }
    }

  private:
    static void say(const std::string& line) {
        const std::string text = line + "\n";
        if (::write(kPipeFd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            ::_exit(2);
        }
    }
    template <class R>
    static void must(const R& result) {
        if (!result) ::_exit(3);
    }

    void load() {
        auto accounts = stores_.accounts().list();
        must(accounts);
        for (const auto& account : *accounts) accounts_[account.id] = account.token_generation;
        auto counter = stores_.settings().get("counter");
        must(counter);
        if (*counter) counter_ = std::stoll(**counter);
    }
    std::map<std::string, std::uint64_t>::iterator any() {
        return std::next(accounts_.begin(), static_cast<long>(random_() % accounts_.size()));
    }
    void add_account(const std::string& id) {
        auto account = test::full_account(id);
        account.token_generation = 0;
        account.access_token = access_token(id, 0);
        account.refresh_token = refresh_token(id, 0);
        must(stores_.accounts().add(account));
        say("+add " + id);
        accounts_[id] = 0;
    }
    void rotate() {
        if (accounts_.empty()) return;
        const auto entry = any();
        const auto next = entry->second + 1;
        auto saved = stores_.accounts().save_tokens(entry->first, next - 1, access_token(entry->first, next),
                                                    refresh_token(entry->first, next), 1, "", 1);
        if (!saved || !*saved) ::_exit(4);
        entry->second = next;
        say("+rotate " + entry->first + " " + std::to_string(next));
    }
    void remove_account() {
        const auto entry = any();
        say("?remove " + entry->first);
        must(stores_.accounts().remove(entry->first));
        say("+remove " + entry->first);
        accounts_.erase(entry);
    }
    void add_key(const std::string& id) {
        must(stores_.keys().add(test::full_key(id, "kg-" + id)));
        say("+key " + id);
    }
    void put_counter() {
        must(stores_.settings().put("counter", std::to_string(++counter_)));
        say("+counter " + std::to_string(counter_));
    }
    void record(const std::string& id) {
        std::vector<store::RequestRecord> batch = {test::full_record(id + "a"), test::full_record(id + "b")};
        must(stores_.usage().record(batch));
        say("+usage " + id);
    }

    store::Stores& stores_;
    std::mt19937_64 random_;
    const std::string prefix_;
    std::map<std::string, std::uint64_t> accounts_;
    std::int64_t counter_ = 0;
};

/// What the parent knows to be acknowledged.
struct Acknowledged {
    std::map<std::string, std::uint64_t> accounts;  // id and generation
    std::set<std::string> maybe_removed;            // under way at the kill
    std::set<std::string> removed;
    std::set<std::string> keys;
    std::set<std::string> usage;
    std::int64_t counter = 0;
    int verbs = 0;

    void take(const std::string& line) {
        std::istringstream words(line);
        std::string verb, id;
        words >> verb >> id;
        if (verb == "?remove") return void(maybe_removed.insert(id));
        ++verbs;
        if (verb == "+add") accounts[id] = 0;
        if (verb == "+rotate") words >> accounts[id];
        if (verb == "+remove") {
            accounts.erase(id);
            maybe_removed.erase(id);
            removed.insert(id);
        }
        if (verb == "+key") keys.insert(id);
        if (verb == "+counter") counter = std::stoll(id);
        if (verb == "+usage") usage.insert(id);
    }
};

/// Starts the writer on `dir`, kills it at a random moment, returns the lines it got out.
std::vector<std::string> killed_writer(const std::string& dir, std::uint64_t seed, std::mt19937_64& random) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const ScopeExit close_reader([&] { ::close(ends[0]); });

    std::vector<std::string> environment = {std::string(kDirVariable) + "=" + dir,
                                            std::string(kSeedVariable) + "=" + std::to_string(seed)};
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
    std::vector<char*> envp;
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
    std::string self = "/proc/self/exe", filter = "[crash-writer]";
    std::array<char*, 3> argv = {self.data(), filter.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], kPipeFd);
    pid_t pid = 0;
    const int spawned = ::posix_spawn(&pid, self.c_str(), &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    REQUIRE(spawned == 0);

    // Some die while they open or create the database, most between or inside verbs.
    const auto lines_before_kill = random() % 8 == 0 ? 0 : 1 + random() % 12;
    const auto last_delay = std::chrono::microseconds(random() % (lines_before_kill == 0 ? 30'000 : 2'000));
    std::string text;
    std::size_t lines = 0;
    std::array<char, 4096> buffer;
    const auto read_some = [&]() -> bool {
        const auto got = ::read(ends[0], buffer.data(), buffer.size());
        if (got <= 0) return false;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        return true;
    };
    while (lines < lines_before_kill && read_some()) {
    }
    std::this_thread::sleep_for(last_delay);
    ::kill(pid, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    while (read_some()) {
    }
    INFO("writer status " << status << ", last words: " << text);
    REQUIRE(WIFSIGNALED(status));  // it must not have ended by itself: that is a failed verb
    REQUIRE(WTERMSIG(status) == SIGKILL);

    std::vector<std::string> out;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line) && !stream.eof();) out.push_back(line);
    return out;
}

void check_integrity(const std::string& path) {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
    const ScopeExit close([raw] { sqlite3_close(raw); });
    std::string answer;
    const auto collect = [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
    };
    REQUIRE(sqlite3_exec(raw, "PRAGMA integrity_check", collect, &answer, nullptr) == SQLITE_OK);
    REQUIRE(answer == "ok");
}

void check_accounts(store::Stores& stores, Acknowledged& known) {
    auto list = stores.accounts().list();
    REQUIRE(list);
    std::map<std::string, std::uint64_t> present;
    for (const auto& account : *list) {
        // Every row is whole, the last write before the kill included.
        const auto generation = account.token_generation;
        REQUIRE(account.access_token == access_token(account.id, generation));
        REQUIRE(account.refresh_token == refresh_token(account.id, generation));
        REQUIRE(known.removed.count(account.id) == 0);
        present[account.id] = generation;
    }
    for (const auto& [id, generation] : known.accounts) {
        const auto found = present.find(id);
        if (found == present.end() && known.maybe_removed.count(id) > 0) {
            known.removed.insert(id);
            continue;
        }
        INFO("account " << id << " acknowledged at generation " << generation);
        REQUIRE(found != present.end());
        REQUIRE(found->second >= generation);
        REQUIRE(found->second <= generation + 1);
    }
    known.maybe_removed.clear();
    known.accounts = present;
}

void check_rest(store::Stores& stores, Acknowledged& known) {
    auto keys = stores.keys().list();
    REQUIRE(keys);
    std::set<std::string> present;
    for (const auto& key : *keys) present.insert(key.id);
    REQUIRE(std::includes(present.begin(), present.end(), known.keys.begin(), known.keys.end()));

    auto counter = stores.settings().get("counter");
    REQUIRE(counter);
    const std::int64_t value = *counter ? std::stoll(**counter) : 0;
    REQUIRE(value >= known.counter);
    REQUIRE(value <= known.counter + 1);
    known.counter = value;

    auto records = stores.usage().recent(1'000'000);
    REQUIRE(records);
    present.clear();
    for (const auto& record : *records) present.insert(record.request_id);
    REQUIRE(present.size() == records->size());
    REQUIRE(present.size() % 2 == 0);  // a batch is there as a whole or not at all
    for (const auto& id : known.usage) {
        REQUIRE(present.count(id + "a") == 1);
        REQUIRE(present.count(id + "b") == 1);
    }
    auto totals = stores.usage().totals();
    REQUIRE(totals);
    REQUIRE(totals->requests == static_cast<std::int64_t>(present.size()));
}

}  // namespace

TEST_CASE("the writer that the A9 crash test kills", "[.][crash-writer]") {
    const char* dir = std::getenv(kDirVariable);
    const char* seed = std::getenv(kSeedVariable);
    if (dir == nullptr || seed == nullptr) {
        SUCCEED("only useful as a child of the A9 crash test");
        return;
    }
    auto stores = store::open_sqlite(dir, test_sealer());
    if (!stores) ::_exit(5);
    Writer(**stores, std::stoull(seed)).run();
}

namespace {

void kill_in_rounds() {
    const char* fixed_seed = std::getenv("KIROGATE_TEST_SEED");
    const std::uint64_t seed = fixed_seed ? std::stoull(fixed_seed) : std::random_device{}();
    WARN("seed " << seed << " (repeat with KIROGATE_TEST_SEED)");
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    int verbs = 0;
    std::optional<TempDir> dir;
    std::optional<Acknowledged> known;
    for (int round = 0; round < kRounds; ++round) {
        if (round % kRoundsPerDatabase == 0) {
            dir.emplace();
            known.emplace();
        }
        INFO("round " << round);
        known->verbs = 0;
        for (const auto& line :
             killed_writer(dir->path(), seed * 1000 + static_cast<unsigned>(round), random)) {
            known->take(line);
        }
        verbs += known->verbs;
        auto stores = store::open_sqlite(dir->path(), test_sealer());
        INFO((stores ? std::string("opened") : stores.error().message));
        REQUIRE(stores);
        check_accounts(**stores, *known);
        check_rest(**stores, *known);
        check_integrity(dir->path("kirogate.db"));
    }
    CHECK(verbs > kRounds);  // the rounds were not all killed before they began
}

}  // namespace

TEST_CASE("A9: kill -9 at any point of any write loses nothing acknowledged, rounds 1-50") {
    kill_in_rounds();
}
TEST_CASE("A9: kill -9 at any point of any write loses nothing acknowledged, rounds 51-100") {
    kill_in_rounds();
}
TEST_CASE("A9: kill -9 at any point of any write loses nothing acknowledged, rounds 101-150") {
    kill_in_rounds();
}
TEST_CASE("A9: kill -9 at any point of any write loses nothing acknowledged, rounds 151-200") {
    kill_in_rounds();
}
