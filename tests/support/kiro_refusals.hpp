#pragma once

#include <string>

/// What Kiro answers when it refuses (kiro-upstream 8.2).
namespace kg::test {

inline const std::string kThrottled =
    R"({"__type":"com.amazon.aws.codewhisperer#ThrottlingException","message":"Too many requests, please wait before trying again.","reason":"USER_REQUEST_RATE_EXCEEDED"})";
inline const std::string kQuota =
    R"({"__type":"com.amazon.aws.codewhisperer#ServiceQuotaExceededException","message":"You have reached the limit.","reason":"MONTHLY_REQUEST_COUNT"})";
inline const std::string kBadToken =
    R"({"message":"The bearer token included in the request is invalid.","reason":null})";
inline const std::string kMalformed =
    R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Improperly formed request.","reason":null})";
inline const std::string kTooLong =
    R"({"__type":"com.amazon.aws.codewhisperer#ValidationException","message":"Input is too long.","reason":"CONTENT_LENGTH_EXCEEDS_THRESHOLD"})";

}  // namespace kg::test
