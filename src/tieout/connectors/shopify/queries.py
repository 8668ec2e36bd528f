"""The GraphQL documents that the connector sends, each checked in tests against the schema."""

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title rate channelLiable priceSet {_MONEY} }}"
_TRANSACTION = f"{{ id gateway kind status processedAt amountSet {_MONEY} }}"

ORDERS = f"""
query Orders($query: String!, $after: String) {{
  orders(first: 25, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id name createdAt updatedAt processedAt cancelledAt test sourceName
      displayFinancialStatus displayFulfillmentStatus currencyCode taxesIncluded
      paymentTerms {{ paymentTermsType }}
      fulfillments(first: 50) {{
        id createdAt deliveredAt status
        fulfillmentLineItems(first: 30) {{ nodes {{ quantity lineItem {{ id }} }} }}
      }}
      customer {{ id displayName defaultEmailAddress {{ emailAddress }} }}
      displayAddress {{ countryCodeV2 provinceCode }}
      totalPriceSet {_MONEY}
      totalTipReceivedSet {_MONEY}
      lineItems(first: 30) {{
        nodes {{ id name sku quantity isGiftCard discountedTotalSet {_MONEY} {_TAXES} }}
      }}
      shippingLines(first: 3) {{
        nodes {{ id title discountedPriceSet {_MONEY} {_TAXES} }}
      }}
      refunds(first: 10) {{
        id createdAt updatedAt totalRefundedSet {_MONEY}
        refundLineItems(first: 10) {{
          nodes {{ quantity restockType subtotalSet {_MONEY} totalTaxSet {_MONEY}
                   lineItem {{ id name sku isGiftCard {_TAXES} }} }}
        }}
        refundShippingLines(first: 3) {{
          nodes {{ subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} shippingLine {{ id title {_TAXES} }} }}
        }}
        orderAdjustments(first: 5) {{ nodes {{ id reason amountSet {_MONEY} taxAmountSet {_MONEY} }} }}
        transactions(first: 10) {{ nodes {_TRANSACTION} }}
      }}
      transactions(first: 10) {_TRANSACTION}
    }}
  }}
}}
"""

SHOP = "query Shop { shop { name currencyCode ianaTimezone } }"

SALES = """
query Sales($query: String!) {
  shopifyqlQuery(query: $query) { parseErrors tableData { columns { name } rows } }
}
"""
