#include "daemon/demo/demo.hpp"

#include "daemon/demo/fake_kiro.hpp"

namespace kg::demo {
namespace {

constexpr const char* kSocialArn = "arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK";

/// A scenario of its own: slow enough to be watched, and nothing is kept for hours.
Scenario demo_scenario() {
    Scenario scenario;
    scenario.pace = std::chrono::milliseconds(20);
    scenario.record = false;
    scenario.check_signatures = true;
    return scenario;
}

}  // namespace

struct Demo::Impl {
    SystemClock clock;
    std::unique_ptr<FakeKiroThread> fake;
    std::vector<SampleLogin> logins;
};

Demo::Demo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Demo::~Demo() = default;

Result<std::unique_ptr<Demo>> Demo::start(Random& random) {
    auto impl = std::make_unique<Impl>();
    KG_TRY(fake, FakeKiroThread::start(random, impl->clock));
    impl->fake = std::move(fake);
    Service& service = impl->fake->service();
    service.set_scenario(demo_scenario());
    const std::vector<std::pair<std::string, std::string>> names{
        {"demo-google", "Google"}, {"demo-github", "Github"}, {"demo-three", "Google"}};
    for (const auto& [name, provider] : names) {
        impl->logins.push_back({name, provider, service.add_login(name, provider, kSocialArn), kSocialArn});
    }
    return std::unique_ptr<Demo>(new Demo(std::move(impl)));
}

std::string Demo::base_url() const {
    return impl_->fake->base_url();
}
std::vector<SampleLogin> Demo::logins() const {
    return impl_->logins;
}

}  // namespace kg::demo
