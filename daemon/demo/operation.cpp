#include "daemon/demo/operation.hpp"

#include <array>

#include "core/base/ascii.hpp"

namespace kg::demo {
namespace {

constexpr std::array<std::string_view, kOperations> kNames{
    "chat",    "models", "usage",     "profiles",        "mcp",
    "refresh", "token",  "idp_token", "client_register", "device_authorization",
    "unknown"};

struct PathRow {
    std::string_view path;
    Operation operation;
    bool get = false;  // the control plane's REST form
};
constexpr auto kPaths = std::to_array<PathRow>({
    {"/generateAssistantResponse", Operation::chat},
    {"/SendMessageStreaming", Operation::chat},
    {"/mcp", Operation::mcp},
    {"/ListAvailableModels", Operation::models, true},
    {"/List-Available-Models", Operation::models, true},
    {"/getUsageLimits", Operation::usage, true},
    {"/Get-Usage-Limits", Operation::usage, true},
    {"/ListAvailableProfiles", Operation::profiles, true},
    {"/List-Available-Profiles", Operation::profiles, true},
    {"/refreshToken", Operation::refresh},
    {"/token", Operation::token},
    {"/oauth2/token", Operation::idp_token},
    {"/client/register", Operation::client_register},
    {"/device_authorization", Operation::device_authorization},
});

struct TargetRow {
    std::string_view target;
    Operation operation;
};
constexpr auto kTargets = std::to_array<TargetRow>({
    {"AmazonCodeWhispererStreamingService.GenerateAssistantResponse", Operation::chat},
    {"AmazonQDeveloperStreamingService.SendMessage", Operation::chat},
    {"KiroRuntimeService.GenerateAssistantResponse", Operation::chat},
    {"AmazonCodeWhispererStreamingService.InvokeMCP", Operation::mcp},
    {"KiroRuntimeService.InvokeMCP", Operation::mcp},
    {"AmazonCodeWhispererService.ListAvailableModels", Operation::models},
    {"KiroControlPlaneBearerService.ListAvailableModels", Operation::models},
    {"AmazonCodeWhispererService.GetUsageLimits", Operation::usage},
    {"KiroControlPlaneBearerService.GetUsageLimits", Operation::usage},
    {"AmazonCodeWhispererService.ListAvailableProfiles", Operation::profiles},
    {"KiroControlPlaneBearerService.ListAvailableProfiles", Operation::profiles},
});

}  // namespace

std::string_view operation_name(Operation operation) {
    return kNames[static_cast<std::size_t>(operation)];
}

std::optional<Operation> parse_operation(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) return static_cast<Operation>(i);
    }
    return std::nullopt;
}

Operation find_operation(http::Method method, std::string_view path, std::string_view target) {
    if (path == "/") {
        if (method != http::Method::post) return Operation::unknown;
        for (const TargetRow& row : kTargets) {
            if (row.target == target) return row.operation;
        }
        return Operation::unknown;
    }
    for (const PathRow& row : kPaths) {
        const bool same = row.get ? ascii::equals_ignoring_case(row.path, path) : row.path == path;
        if (same && (method == http::Method::post || row.get)) return row.operation;
    }
    return Operation::unknown;
}

bool needs_bearer(Operation operation) {
    return operation <= Operation::mcp;
}

}  // namespace kg::demo
