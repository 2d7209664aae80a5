# The libraries a room may name after EXTERNAL, and what each stands for. Lint reads the header
# patterns from the comments: `name: header prefixes`.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(date REQUIRED)
find_package(GTest REQUIRED)
find_library(CJOSE_LIBRARY cjose REQUIRED)

function(external name)
  add_library(external_${name} INTERFACE)
  target_link_libraries(external_${name} INTERFACE ${ARGN})
endfunction()

external(asio Boost::headers Threads::Threads)       # asio: boost/asio boost/system
external(beast Boost::headers)                       # beast: boost/beast
external(json Boost::json)                           # json: boost/json
external(url Boost::url)                             # url: boost/url
external(openssl OpenSSL::SSL OpenSSL::Crypto)       # openssl: openssl/
external(cjose ${CJOSE_LIBRARY} OpenSSL::Crypto)     # cjose: cjose/
external(curl CURL::libcurl)                         # curl: curl/
external(sqlite SQLite::SQLite3)                     # sqlite: sqlite3.h
find_library(XXHASH_LIBRARY xxhash REQUIRED)
external(xxhash ${XXHASH_LIBRARY})                   # xxhash: xxhash.h
external(fmt fmt::fmt)                               # fmt: fmt/
external(spdlog spdlog::spdlog)                      # spdlog: spdlog/
external(toml tomlplusplus::tomlplusplus)            # toml: toml++/
external(cli11)                                      # cli11: CLI/
external(prometheus prometheus-cpp::core)            # prometheus: prometheus/
find_library(SYSTEMD_LIBRARY systemd REQUIRED)
external(systemd ${SYSTEMD_LIBRARY})                 # systemd: systemd/
find_library(CSV_LIBRARY csv REQUIRED)
external(csv ${CSV_LIBRARY})                         # csv: csv.h
external(date date::date)                            # date: date/
