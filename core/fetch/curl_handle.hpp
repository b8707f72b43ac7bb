#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>

// Private to core/fetch: the only header that includes curl.

namespace kg::fetch {

struct EasyCleanup {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, EasyCleanup>;

struct MultiCleanup {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiCleanup>;

/// curl_global_init once for the process, whichever thread comes first. Never undone: resolver
/// threads of cancelled transfers may still be inside the library when the program ends.
inline void ensure_curl() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) throw std::bad_alloc();
}

}  // namespace kg::fetch
