"""The GraphQL documents that the connector sends, each checked in tests against the published schema.

Sizes are variables: a query that costs more than Shopify lets one cost is asked again with smaller ones
(shopify.dev/docs/api/usage/limits: a query may cost 1,000 points at most). A connection that is longer than its first page is
turned by its owner (`pages.py`), and a list without pages says by its count that it is cut.
"""

# How many refunds an order comes with where nothing else of it is wanted: one that has as many may have more.
MOST_REFUNDS = 20

_MONEY = "{ shopMoney { amount currencyCode } }"
_PAGE = "pageInfo { hasNextPage endCursor }"
_TAXES = f"taxLines {{ title rate channelLiable priceSet {_MONEY} }}"
_ALLOCATED = f"discountAllocations {{ allocatedAmountSet {_MONEY} }}"

TRANSACTION = f"""id gateway kind status test processedAt amountSet {_MONEY} amountRoundingSet {_MONEY}"""
LINE = f"""
  id name sku quantity isGiftCard requiresShipping originalTotalSet {_MONEY} {_ALLOCATED}
  duties {{ id price {_MONEY} {_TAXES} }} {_TAXES}
"""
SHIPPING = f"id title isRemoved discountedPriceSet {_MONEY} {_TAXES}"
REFUND_LINE = f"""
  quantity restockType subtotalSet {_MONEY} totalTaxSet {_MONEY} lineItem {{ id name sku isGiftCard {_TAXES} }}
"""
REFUND_SHIPPING = f"subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} shippingLine {{ id title {_TAXES} }}"
ADJUSTMENT = f"id reason amountSet {_MONEY} taxAmountSet {_MONEY}"
SENT_LINE = "quantity lineItem { id }"
RETURN_LINE = f"... on ReturnLineItem {{ id restockingFee {{ id amountSet {_MONEY} }} }}"

_REFUND = f"""
  id createdAt updatedAt totalRefundedSet {_MONEY}
  duties {{ amountSet {_MONEY} originalDuty {{ id {_TAXES} }} }}
  refundLineItems(first: $nested) {{ {_PAGE} nodes {{ {REFUND_LINE} }} }}
  refundShippingLines(first: 3) {{ {_PAGE} nodes {{ {REFUND_SHIPPING} }} }}
  orderAdjustments(first: 5) {{ {_PAGE} nodes {{ {ADJUSTMENT} }} }}
  transactions(first: 5) {{ {_PAGE} nodes {{ {TRANSACTION} }} }}
  return {{
    id
    returnShippingFees {{ id amountSet {_MONEY} }}
    returnLineItems(first: $nested) {{ {_PAGE} nodes {{ {RETURN_LINE} }} }}
  }}
"""
_FULFILMENT = f"""
  id createdAt deliveredAt status
  fulfillmentLineItems(first: $nested) {{ {_PAGE} nodes {{ {SENT_LINE} }} }}
"""

ORDERS = f"""
query Orders($query: String!, $after: String, $first: Int!, $nested: Int!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    {_PAGE}
    nodes {{
      id name createdAt updatedAt processedAt cancelledAt test sourceName
      displayFinancialStatus displayFulfillmentStatus currencyCode presentmentCurrencyCode taxesIncluded
      paymentTerms {{ paymentTermsType }}
      fulfillmentsCount {{ count }}
      fulfillments(first: $nested) {{ {_FULFILMENT} }}
      customer {{ id displayName defaultEmailAddress {{ emailAddress }} }}
      displayAddress {{ countryCodeV2 provinceCode }}
      totalPriceSet {_MONEY}
      currentTotalPriceSet {_MONEY}
      totalOutstandingSet {_MONEY}
      totalTipReceivedSet {_MONEY}
      totalCashRoundingAdjustment {{ paymentSet {_MONEY} refundSet {_MONEY} }}
      additionalFees {{ id name price {_MONEY} {_TAXES} }}
      lineItems(first: $nested) {{ {_PAGE} nodes {{ {LINE} }} }}
      shippingLines(first: 3, includeRemovals: true) {{ {_PAGE} nodes {{ {SHIPPING} }} }}
      refunds(first: $nested) {{ {_REFUND} }}
      transactionsCount {{ count }}
      transactions(first: $nested) {{ {TRANSACTION} }}
    }}
  }}
}}
"""

# The rest of what an order has more of than its first page, by its owner.
REFUNDS_OF = "query RefundsOf($id: ID!) { order(id: $id) { refunds(first: 250) { id } } }"
REFUND = f"query RefundOf($id: ID!, $nested: Int!) {{ refund(id: $id) {{ {_REFUND} }} }}"
FULFILMENTS_OF = "query FulfillmentsOf($id: ID!) { order(id: $id) { fulfillments(first: 250) { id } } }"
FULFILMENT = f"query FulfillmentOf($id: ID!, $nested: Int!) {{ fulfillment(id: $id) {{ {_FULFILMENT} }} }}"


def transactions_of(fields: str) -> str:
    """The query of an order's transactions, a list without pages."""
    return f"query TransactionsOf($id: ID!, $first: Int!) {{ order(id: $id) {{ transactions(first: $first) {{ {fields} }} }} }}"


TRANSACTIONS_OF = transactions_of(TRANSACTION)


def more(owner: str, connection: str, fields: str, arguments: str = "") -> str:
    """The query of a further page of a connection: of an order, a refund, a return or a fulfilment."""
    return f"""
query More($id: ID!, $after: String) {{
  {owner}(id: $id) {{ {connection}(first: 50, after: $after{arguments}) {{ {_PAGE} nodes {{ {fields} }} }} }}
}}
"""


SHOP = "query Shop { shop { name currencyCode ianaTimezone } }"

SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"

SALES = """
query Sales($query: String!) {
  shopifyqlQuery(query: $query) { parseErrors tableData { columns { name } rows } }
}
"""

_V2 = "{ amount currencyCode }"

BALANCE = f"""
query Balance($query: String!, $after: String, $first: Int!) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: $first, after: $after, query: $query, sortKey: PROCESSED_AT) {{
      {_PAGE}
      nodes {{
        id type test transactionDate amount {_V2} fee {_V2} net {_V2}
        sourceId sourceType sourceOrderTransactionId adjustmentReason
        associatedOrder {{ id name }}
        associatedPayout {{ id }}
        adjustmentsOrders {{ name orderTransactionId amount {_V2} fees {_V2} net {_V2} }}
      }}
    }}
  }}
}}
"""

PAYOUTS = f"""
query Payouts($query: String!, $after: String, $first: Int!) {{
  shopifyPaymentsAccount {{
    payouts(first: $first, after: $after, query: $query, sortKey: ISSUED_AT) {{
      {_PAGE}
      nodes {{ id legacyResourceId issuedAt status transactionType externalTraceId net {_V2} }}
    }}
  }}
}}
"""

# What a payout is made of. What came back of an earlier one is a part of it, so transfers are not hidden; the payout itself is left out
# by whoever asks.
MEMBERS = f"""
query Members($query: String!, $after: String, $first: Int!) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: $first, after: $after, query: $query, sortKey: ID) {{
      {_PAGE}
      nodes {{ id type test net {_V2} associatedPayout {{ id }} }}
    }}
  }}
}}
"""

PAID_WITH = "id kind status gateway"
DISPUTES = f"""
query Disputes($query: String!, $after: String, $first: Int!) {{
  shopifyPaymentsAccount {{
    defaultCurrency
    disputes(first: $first, after: $after, query: $query) {{
      {_PAGE}
      nodes {{
        id legacyResourceId status type amount {_V2} initiatedAt finalizedOn
        reasonDetails {{ reason }}
        order {{ id transactionsCount {{ count }} transactions(first: 10) {{ {PAID_WITH} }} }}
      }}
    }}
  }}
}}
"""

# Which refund of its order a movement gives back, by the order's transaction.
BACK = "id parentTransaction { id }"
_BACK = f"id transactions(first: 5) {{ {_PAGE} nodes {{ {BACK} }} }}"
GIVEN_BACK = f"""
query GivenBack($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {{ id refunds(first: {MOST_REFUNDS}) {{ {_BACK} }} }} }} }}
"""
GIVEN_BACK_BY = f"query GivenBackBy($id: ID!) {{ refund(id: $id) {{ {_BACK} }} }}"

# What analytics do not say, read apart from what came in: tips, roundings, how many refunds there are.
SETTLED = "kind status test"
_BESIDE = f"""
  id createdAt
  duties {{ amountSet {_MONEY} }}
  refundLineItems(first: 1) {{ nodes {{ quantity }} }}
  refundShippingLines(first: 1) {{ nodes {{ id }} }}
  orderAdjustments(first: 1) {{ nodes {{ id }} }}
  transactions(first: 5) {{ {_PAGE} nodes {{ {SETTLED} }} }}
"""
BESIDE_REFUND = f"query BesideRefund($id: ID!) {{ refund(id: $id) {{ {_BESIDE} }} }}"
BESIDE = f"""
query Beside($query: String!, $after: String, $first: Int!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    {_PAGE}
    nodes {{
      id createdAt test totalTipReceivedSet {_MONEY}
      totalCashRoundingAdjustment {{ paymentSet {_MONEY} refundSet {_MONEY} }}
      refunds(first: {MOST_REFUNDS}) {{ {_BESIDE} }}
    }}
  }}
}}
"""
